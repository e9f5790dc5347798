/** What of a request's URL is read. */
export interface RequestUrl {
  /** Not decoded. */
  pathname: string;
  /** Shared with other requests: not to be changed. */
  searchParams: URLSearchParams;
}

/** A path that a URL parser would leave as it is, and perhaps a query. */
const PLAIN =
  /^https?:\/\/[\w.:[\]-]+((?:\/(?!\.)[\w.~:@!$&'()*+,;=-]*)+)(?:\?([^#]*))?$/;

/** Reads the URL of a request; most need no URL parser. */
export function requestUrl(text: string): RequestUrl {
  const match = PLAIN.exec(text);
  if (!match) return new URL(text);
  const [, pathname = "", query] = match;
  return {
    pathname,
    get searchParams() {
      return parametersOf(query);
    },
  };
}

/** Parameters by query: a client sends the same few again and again. */
const known = new Map<string | undefined, URLSearchParams>();
const MAX_KNOWN = 100;
/** A longer one, with a continuation or the like, is hardly sent twice. */
const LONGEST_KNOWN = 100;

function parametersOf(query: string | undefined): URLSearchParams {
  let parameters = known.get(query);
  if (parameters) return parameters;
  parameters = new URLSearchParams(query);
  if (query && query.length > LONGEST_KNOWN) return parameters;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(query, parameters);
  return parameters;
}
