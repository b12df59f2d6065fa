/**
 * The path of a cluster at the gateway, if that is where the console comes from: a token is sent
 * nowhere else.
 */
export function gatewayPath(endpoint: string, origin: string): string | undefined {
  if (!URL.canParse(endpoint)) return undefined;
  const url = new URL(endpoint);
  return url.origin === origin ? url.pathname.replace(/\/*$/, '/') : undefined;
}
