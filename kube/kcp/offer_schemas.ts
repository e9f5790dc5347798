import type { APIResourceSchema as Schema } from "../../api/generate/api_resource_schema.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import type { KubeClient } from "../client.ts";
import { isAlreadyExists } from "../kube_api_error.ts";
import { APIResourceSchema } from "./kinds.ts";

/** Makes APIResourceSchemas be there. Nobody can change one, and its name says what is in it. */
export async function offerSchemas(
  schemas: readonly Schema[],
  { client, signal }: { client: KubeClient; signal?: AbortSignal },
): Promise<void> {
  await Promise.all(schemas.map(async (schema) => {
    try {
      await client.create(APIResourceSchema, schema, {
        fieldManager: HUB_MANAGER,
        signal,
      });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }));
}
