/** What of a request's URL is read. */
export interface RequestUrl {
  /** Not decoded. */
  pathname: string;
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
  let searchParams: URLSearchParams | undefined;
  return {
    pathname,
    get searchParams() {
      return searchParams ??= new URLSearchParams(query);
    },
  };
}
