import type { RequestInfo, User } from "../types.ts";
import type { Audit, AuditRecord } from "./audit.ts";

/** One request on its way, as far as the audit log is concerned. */
export class AuditTrail {
  readonly #audit: Audit;
  readonly #request: Request;
  readonly #source: string | undefined;
  #record: AuditRecord | undefined;
  #begun = false;

  constructor(
    audit: Audit,
    { request, source }: { request: Request; source?: string },
  ) {
    this.#audit = audit;
    this.#request = request;
    this.#source = source;
  }

  /** Called once it is known who sends it. @returns The request to go on with. */
  async begin(
    of: { info: RequestInfo; user?: User; impersonated?: User },
  ): Promise<Request> {
    this.#begun = true;
    const source = this.#source;
    this.#record = await this.#audit.begin({
      ...of,
      request: this.#request,
      source,
    });
    return this.#record?.request ?? this.#request;
  }

  /** Notes the authorizer's decision. */
  decided(decision: { allowed: boolean; reason: string }): void {
    this.#record?.decided(decision);
  }

  /** Notes the answer, also to a request that nobody could be named for. */
  async answered(response: Response, info: RequestInfo): Promise<Response> {
    if (!this.#begun) await this.begin({ info });
    if (!this.#record) return response;
    const answer = await this.#record.answered(response);
    answer.headers.set("audit-id", this.#record.id);
    return answer;
  }
}
