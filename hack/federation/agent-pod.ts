/**
 * The one container of a Deployment as a process of this machine would see it: nothing here runs
 * containers, and what a chart says of its agent has to be tried all the same. Pure; what kubelets do
 * beyond this is refused, not left out.
 */

type Named = { readonly name: string };
type KeyRef = { readonly name: string; readonly key: string; readonly optional?: boolean };
type KeyItem = { readonly key: string; readonly path: string };

type Volume = Named & {
  readonly configMap?: Named & { readonly items?: readonly KeyItem[]; readonly optional?: boolean };
  readonly secret?: {
    readonly secretName: string;
    readonly items?: readonly KeyItem[];
    readonly optional?: boolean;
  };
  readonly emptyDir?: object;
  readonly persistentVolumeClaim?: object;
};

type EnvironmentVariable = Named & {
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly secretKeyRef?: KeyRef;
    readonly configMapKeyRef?: KeyRef;
  };
};

export type Deployment = {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName?: string;
        readonly containers: readonly {
          readonly command?: readonly string[];
          readonly args?: readonly string[];
          readonly env?: readonly EnvironmentVariable[];
          readonly volumeMounts?: readonly (Named & {
            readonly mountPath: string;
            readonly subPath?: string;
          })[];
        }[];
        readonly volumes?: readonly Volume[];
      };
    };
  };
};

/** What a Deployment refers to: texts of ConfigMaps and Secrets by their name and key. */
export type References = {
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
};

/** Where things are on this machine. */
export type Places = {
  /** Of its own; holds what is mounted. */
  readonly directory: string;
  /** What a PersistentVolumeClaim stands for. */
  readonly persistentDirectory: string;
};

export type LocalPod = {
  readonly serviceAccount: string;
  readonly namespace: string;
  /** Without the program itself. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** To be made before anything else. */
  readonly directories: readonly string[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
};

type Mount = { readonly mountPath: string; readonly localPath: string };

/** Throws when the Deployment asks for what is not done here. */
export function localPod(deployment: Deployment, references: References, places: Places): LocalPod {
  const { name, namespace } = deployment.metadata;
  const {
    containers,
    volumes = [],
    serviceAccountName = 'default',
  } = deployment.spec.template.spec;
  const [container, ...others] = containers;
  if (container === undefined || others.length > 0) {
    throw new Error(`Deployment ${name}: ${containers.length} containers, one is run here`);
  }
  const mounted = volumes.map((volume) => ({
    volume,
    directory:
      volume.persistentVolumeClaim === undefined
        ? `${places.directory}/volumes/${volume.name}`
        : places.persistentDirectory,
  }));
  const mounts = (container.volumeMounts ?? []).map(({ name: of, mountPath, subPath }): Mount => {
    const found = mounted.find(({ volume }) => volume.name === of);
    if (found === undefined)
      throw new Error(`Deployment ${name}: no volume ${of} is there to mount`);
    const { directory } = found;
    return { mountPath, localPath: subPath === undefined ? directory : `${directory}/${subPath}` };
  });
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  const environment = (container.env ?? []).flatMap((variable) => {
    const value = valueOf(variable, deployment, references);
    return value === undefined ? [] : [[variable.name, localized(value, mounts)] as const];
  });
  return {
    ...{ serviceAccount: serviceAccountName, namespace },
    args: withoutProgram(words).map((word) => localizedFlag(word, mounts)),
    env: Object.fromEntries(environment),
    directories: mounted.map(({ directory }) => directory),
    files: mounted.flatMap(({ volume, directory }) =>
      textsOf(volume, references).map(({ path, text }) => ({ path: `${directory}/${path}`, text })),
    ),
  };
}

/** Names of what a Deployment refers to, by kind. */
export function referencesOf({ spec }: Deployment): {
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
} {
  const { volumes = [], containers } = spec.template.spec;
  const sources = containers.flatMap(({ env = [] }) =>
    env.flatMap(({ valueFrom }) => valueFrom ?? []),
  );
  const configMaps = [
    ...volumes.flatMap(({ configMap }) => configMap?.name ?? []),
    ...sources.flatMap(({ configMapKeyRef }) => configMapKeyRef?.name ?? []),
  ];
  const secrets = [
    ...volumes.flatMap(({ secret }) => secret?.secretName ?? []),
    ...sources.flatMap(({ secretKeyRef }) => secretKeyRef?.name ?? []),
  ];
  return { configMaps: [...new Set(configMaps)], secrets: [...new Set(secrets)] };
}

/** The image's own program may be named or not; what follows it are its arguments. */
function withoutProgram(words: readonly string[]): readonly string[] {
  const [first = ''] = words;
  return first.endsWith('io-operator') ? words.slice(1) : words;
}

function textsOf(volume: Volume, { configMaps, secrets }: References) {
  const { configMap, secret, emptyDir, persistentVolumeClaim } = volume;
  if (emptyDir !== undefined || persistentVolumeClaim !== undefined) return [];
  if (configMap !== undefined) {
    return chosen(configMaps.get(configMap.name), `ConfigMap ${configMap.name}`, configMap);
  }
  if (secret !== undefined) {
    return chosen(secrets.get(secret.secretName), `Secret ${secret.secretName}`, secret);
  }
  throw new Error(`volume ${volume.name} is of a kind that is not mounted here`);
}

function chosen(
  data: Readonly<Record<string, string>> | undefined,
  what: string,
  { items, optional = false }: { readonly items?: readonly KeyItem[]; readonly optional?: boolean },
) {
  if (data === undefined) {
    if (optional) return [];
    throw new Error(`there is no ${what} to mount`);
  }
  const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return wanted.flatMap(({ key, path }) => {
    const text = data[key];
    if (text !== undefined) return [{ path, text }];
    if (optional) return [];
    throw new Error(`${what} has no key ${key} to mount`);
  });
}

function valueOf(
  { name, value, valueFrom }: EnvironmentVariable,
  { metadata }: Deployment,
  { configMaps, secrets }: References,
): string | undefined {
  if (valueFrom === undefined) return value ?? '';
  const { fieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef?.fieldPath === 'metadata.namespace') return metadata.namespace;
  if (fieldRef?.fieldPath === 'metadata.name') return `${metadata.name}-0`;
  const ref = secretKeyRef ?? configMapKeyRef;
  if (ref === undefined)
    throw new Error(`variable ${name} is of a kind that is not filled in here`);
  const found = (secretKeyRef === undefined ? configMaps : secrets).get(ref.name)?.[ref.key];
  if (found === undefined && ref.optional !== true) {
    throw new Error(`variable ${name}: there is no ${ref.name} with a key ${ref.key}`);
  }
  return found;
}

function localizedFlag(word: string, mounts: readonly Mount[]): string {
  const [, flag, value] = /^(--[a-z-]+=)(.*)$/s.exec(word) ?? [];
  return flag === undefined ? localized(word, mounts) : `${flag}${localized(value ?? '', mounts)}`;
}

/** A path below a mount, where it is on this machine. The longest mount wins, as in the container. */
function localized(value: string, mounts: readonly Mount[]): string {
  const [found] = mounts
    .filter(({ mountPath }) => value === mountPath || value.startsWith(`${mountPath}/`))
    .toSorted((left, right) => right.mountPath.length - left.mountPath.length);
  if (found === undefined) return value;
  return `${found.localPath}${value.slice(found.mountPath.length)}`;
}
