const BASE64 =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Where `text` stops being base64; undefined where it is all good. Line breaks are ignored, as by Go. */
export function base64Problem(text: string): number | undefined {
  if (BASE64.test(text)) return undefined;
  const plain = text.replace(/[\r\n]/g, "");
  if (BASE64.test(plain)) return undefined;
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(text) ?? /=/.exec(text);
  return bad?.index ?? text.length;
}
