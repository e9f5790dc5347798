/**
 * What a Repository says of its forge: who may call its webhooks, and whom to
 * tell of it.
 *
 * @module
 */
import { z } from "zod";

/** Who may say by HTTP that there is news in a repository. */
export const RepositoryWebhook = z.strictObject({
  type: z.enum(["github", "gitlab", "gitea", "forgejo", "bitbucket", "generic"])
    .describe("Who sends it, and so how it is signed"),
  secretRef: z.strictObject({ name: z.string() }).describe(
    "Secret in namespace faros-system whose `token` is the secret that the sender was given, too",
  ),
});

/** Where the hub tells of commits. */
export const RepositoryForge = z.strictObject({
  type: z.enum(["github", "gitlab", "gitea", "forgejo", "bitbucket"]),
  url: z.string().regex(/^https?:\/\//).optional().describe(
    "Address of the forge as in a browser, such as `https://git.example.org`; that of `spec.url` when left out. https, but for this very machine",
  ),
  repository: z.string().min(1).optional().describe(
    "Path of the repository there, such as `acme/fleet`; that of `spec.url` when left out",
  ),
  secretRef: z.strictObject({ name: z.string() }).describe(
    "Secret in namespace faros-system: `token`; for GitHub also `githubAppID`, `githubAppPrivateKey` and `githubAppInstallationID` or `githubAppInstallationOwner`; for Bitbucket also `username` and `password`; `ca.crt` of a private CA",
  ),
  statuses: z.boolean().default(true).describe(
    "Set the status of each commit that is followed: whether it is applied, and how many devices run it",
  ),
  pullRequests: z.boolean().default(false).describe(
    "Show in each open pull request to the branch that is followed which objects and devices it changes: a comment, kept up to date, and a check. Not on Bitbucket",
  ),
  context: z.string().min(1).max(100).optional().describe(
    "Name of that status; `faros/NAME` when left out, and that with `/plan` of the check of pull requests",
  ),
});

/** Who is told what happens to a Repository. */
export const RepositoryNotification = z.strictObject({
  type: z.enum(["generic", "slack"]).describe(
    "`generic`: JSON, signed; `slack`: incoming webhooks of Slack, and what takes the same, such as Mattermost",
  ),
  secretRef: z.strictObject({ name: z.string() }).describe(
    "Secret in namespace faros-system: `address`, the URL to post to; `token`, by which generic ones are signed; `ca.crt` of a private CA",
  ),
  events: z.array(z.string().min(1)).max(50).optional().describe(
    "Reasons of Events that are told, such as `ApplyFailed`; all when left out",
  ),
});
