import { type Command, InvalidArgumentError, Option } from 'commander';
import { outputFormats, type OutputFormat } from './output/print.ts';

/** Which cluster, and as whom: what every command takes. */
export type ConnectionOptions = Readonly<{ kubeconfig?: string; context?: string }>;

/** Where IOClusters are looked for. */
export type NamespaceOptions = ConnectionOptions & Readonly<{ namespace?: string }>;

/** How the gateway is reached, and as whom. */
export type GatewayOptions = NamespaceOptions &
  Readonly<{ gateway?: string; gatewayCa?: string; serviceAccount?: string }>;

export type OutputOptions = Readonly<{ output: OutputFormat }>;

/** Adds what every command takes. */
export function withConnection(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig of the hub; otherwise as kubectl finds it')
    .option('--context <name>', 'context of the kubeconfig');
}

export function withNamespace(command: Command): Command {
  return withConnection(command).option(
    '-n, --namespace <name>',
    'namespace of the IOCluster; otherwise that of the context',
  );
}

export function withGateway(command: Command): Command {
  return withNamespace(command)
    .option(
      '--gateway <url>',
      'gateway of the hub, such as https://api.example.org; otherwise as the IOCluster says',
      urlValue,
    )
    .option('--gateway-ca <file>', 'certificates in PEM that the gateway is checked against, too')
    .option(
      '--service-account <name>',
      'act as this ServiceAccount of the namespace; for kubeconfigs without a token',
    );
}

export function withOutput(command: Command, formats: readonly OutputFormat[] = outputFormats) {
  return command.addOption(
    new Option('-o, --output <format>', 'how it is written').choices(formats).default('table'),
  );
}

/** A duration such as 90s, 10m or 1h30m, in seconds. */
export function durationValue(text: string): number {
  const parts = /^(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?$/.exec(text);
  if (parts === null || text === '') {
    throw new InvalidArgumentError('It must be a duration such as 90s, 10m or 1h30m.');
  }
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return (hours ?? 0) * 3_600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}

/** A URL that begins with https: what goes there may carry a token. */
export function urlValue(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:') {
    throw new InvalidArgumentError('It must be a URL such as https://hub.example.org.');
  }
  return text;
}

/** The name of an object of Kubernetes. */
export function objectName(text: string): string {
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(text)) {
    throw new InvalidArgumentError('It must be lower-case letters, digits, dashes and dots.');
  }
  return text;
}

/** The name of a member. */
export function memberName(text: string): string {
  if (!/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/.test(text)) {
    throw new InvalidArgumentError('It must be lower-case letters, digits and dashes, at most 53.');
  }
  return text;
}

/** A number of at least 0, such as 0.5. */
export function amountValue(text: string): number {
  if (!/^[0-9]{1,9}(\.[0-9]{1,6})?$/.test(text)) {
    throw new InvalidArgumentError('It must be a number such as 1 or 0.5.');
  }
  return Number(text);
}

/** `KEY=VALUE`, again and again. */
export function pairValue(text: string, before: Readonly<Record<string, string>> = {}) {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be KEY=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
