import type { KubeObject } from "../../api/meta.ts";
import { DELETE_AFTER_ANNOTATION } from "../../api/names.ts";
import type { Repository } from "../../api/repository.ts";
import type { EventRecorder } from "../../kube/mod.ts";
import { heldMessage } from "./repository_status.ts";
import type { RepositoryState } from "./repository_state.ts";
import { heldOf, type SyncOutcome } from "./sync_outcome.ts";

/** Most Events of a kind for one sync; the status tells the rest. */
const MOST = 20;

/** Tells by Events what waits for approval, once, and what was suspended or came back. */
export function announcePrune(
  repository: Repository,
  of: { state: RepositoryState; outcome: SyncOutcome; events: EventRecorder },
): void {
  const { state: { announced, name }, outcome, events } = of;
  const { commit } = outcome;
  const held = heldOf(outcome);
  for (const token of announced) {
    if (!held.some((item) => item.token === token)) announced.delete(token);
  }
  const news = held.filter((item) => !announced.has(item.token));
  for (const item of news.slice(0, MOST)) {
    events.event(repository, {
      type: "Warning",
      reason: "PruneNeedsApproval",
      message: heldMessage([item], { commit, repository: name }),
    });
  }
  for (const item of news) announced.add(item.token);
  const each = (
    what: "suspended" | "restored",
    note: (object: KubeObject) => string,
  ) => {
    const objects = outcome.parts.flatMap((part) => part[what] ?? []);
    for (const object of objects.slice(0, MOST)) {
      events.event(object, {
        reason: what === "suspended" ? "Suspended" : "Restored",
        message: note(object),
      });
    }
  };
  each(
    "suspended",
    ({ metadata }) =>
      `It left Repository ${name} in commit ${
        commit.slice(0, 12)
      }: devices keep what they run, and it is deleted after ${
        metadata.annotations?.[DELETE_AFTER_ANNOTATION]
      }; put its manifest back to keep it`,
  );
  each(
    "restored",
    () => `It is back in Repository ${name}, in commit ${commit.slice(0, 12)}`,
  );
}
