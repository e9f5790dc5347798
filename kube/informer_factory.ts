import type { KubeObject } from "../api/meta.ts";
import type { KubeClient } from "./client.ts";
import {
  createInformer,
  type Informer,
  type InformerOptions,
} from "./informer.ts";
import { type Resource, resourceName } from "./resource.ts";

/** What an informer of a factory follows. */
export type InformerScope = Pick<
  InformerOptions,
  "namespace" | "labelSelector" | "fieldSelector"
>;

/** Shares informers: one per resource, namespace and selectors. */
export class InformerFactory {
  readonly #client: KubeClient;
  readonly #options: Omit<InformerOptions, keyof InformerScope>;
  readonly #informers = new Map<string, Informer>();

  /** @param options Those of all its informers; the signal ends them. */
  constructor(
    client: KubeClient,
    options: Omit<InformerOptions, keyof InformerScope>,
  ) {
    this.#client = client;
    this.#options = options;
  }

  /** The informer of a resource, started when it is first asked for. */
  get<T extends KubeObject = KubeObject>(
    resource: Resource,
    scope: InformerScope = {},
  ): Informer<T> {
    const { namespace, labelSelector, fieldSelector } = scope;
    const key = JSON.stringify([
      resourceName(resource),
      namespace,
      labelSelector,
      fieldSelector,
    ]);
    let informer = this.#informers.get(key);
    if (!informer) {
      informer = createInformer(this.#client, resource, {
        ...this.#options,
        namespace,
        labelSelector,
        fieldSelector,
      });
      this.#informers.set(key, informer);
    }
    return informer as Informer<T>;
  }

  /** All informers asked for so far. */
  list(): Informer[] {
    return [...this.#informers.values()];
  }

  /** Resolves when all informers asked for so far have synced. */
  async synced(): Promise<void> {
    await Promise.all(this.list().map((informer) => informer.synced));
  }

  /** Resolves when all have ended, after the signal. */
  async done(): Promise<void> {
    await Promise.all(this.list().map((informer) => informer.done));
  }
}
