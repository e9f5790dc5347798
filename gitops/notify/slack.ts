import type { Notification, NotificationRequest } from "./notification.ts";

/** Characters of a text that Slack shows whole. */
const MAX = 3000;

/** A notification for an incoming webhook of Slack: https://docs.slack.dev/messaging/formatting-message-text */
export function slackRequest(
  { repository, type, reason, message }: Notification,
): NotificationRequest {
  const sign = type === "Warning" ? ":warning:" : ":white_check_mark:";
  const text = `${sign} *${escape(repository)}* ${escape(reason)}: ${
    escape(message.slice(0, MAX))
  }`;
  return { headers: {}, body: JSON.stringify({ text }) };
}

/** Nothing of a message is to become a link, or call everybody. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
