import { ApiError } from '../runtime/api-error.ts';
import { messageOf } from '../runtime/logger.ts';
import { GatewayError } from './gateway/gateway-error.ts';

/** What went wrong, and what a person can do about it. */
export function adviceOn(error: unknown): string {
  const message = `error: ${messageOf(error)}`;
  const advice =
    error instanceof ApiError
      ? hubAdvice(error)
      : error instanceof GatewayError
        ? gatewayAdvice(error)
        : undefined;
  return advice === undefined ? message : `${message}\n${advice}`;
}

function hubAdvice({ status, reason }: ApiError): string | undefined {
  if (reason === 'Credentials') return 'The kubeconfig could not give credentials: log in again.';
  switch (status) {
    case 0:
      return 'Is this the right hub? kubectl config current-context says which; --context names another.';
    case 401:
      return 'The hub does not know these credentials, or they expired: log in again.';
    case 403:
      return 'Ask an administrator of the hub for the right; kubectl auth can-i --list says what you may.';
    default:
      return undefined;
  }
}

function gatewayAdvice({ status, clusterName }: GatewayError): string | undefined {
  switch (status) {
    case 0:
      return 'Is the gateway reachable from here? --gateway names another URL, --gateway-ca its certificates.';
    case 401:
      return 'The gateway does not know this token, or it expired: log in again, or use --service-account NAME.';
    case 403:
      return `kubectl auth can-i create ioclusters/${clusterName} --subresource=proxy says whether you may.`;
    case 404:
    case 409:
      return `kubectl io status ${clusterName} says where the cluster stands.`;
    case 429:
      return 'Too much at once: try again in a moment.';
    case 502:
    case 503:
    case 504:
      return `The data centre does not answer just now; kubectl io status ${clusterName} says more.`;
    default:
      return undefined;
  }
}
