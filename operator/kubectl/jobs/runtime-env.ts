import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { messageOf } from '../../runtime/logger.ts';
import { UsageError } from '../usage-error.ts';

/** A `runtime_env` of Ray, as far as this program looks into it. */
export type RuntimeEnv = Readonly<Record<string, unknown>>;

export type RuntimeEnvOptions = Readonly<{
  /** YAML or JSON. */
  runtimeEnv?: string;
  runtimeEnvJson?: string;
  workingDir?: string;
}>;

/**
 * What was asked for, with the files that it names read: the cluster does not have them. A local
 * `working_dir` is given beside it, to be packed.
 */
export async function readRuntimeEnv(
  options: RuntimeEnvOptions,
): Promise<Readonly<{ env: RuntimeEnv; directory: string | undefined }>> {
  if (options.runtimeEnv !== undefined && options.runtimeEnvJson !== undefined) {
    throw new UsageError('--runtime-env and --runtime-env-json exclude each other; leave out one');
  }
  const base = options.runtimeEnv === undefined ? '.' : dirname(options.runtimeEnv);
  const { working_dir: named, pip, conda, ...rest } = await given(options);
  if (Array.isArray(rest['py_modules']) && rest['py_modules'].some(isLocal)) {
    throw new UsageError(
      'py_modules: folders of this machine are not sent; put them into the --working-dir',
    );
  }
  const directory = options.workingDir ?? named;
  const env = {
    ...rest,
    ...(pip === undefined ? {} : { pip: await listed(pip, base) }),
    ...(conda === undefined ? {} : { conda: await condaOf(conda, base) }),
  };
  if (directory === undefined) return { env, directory: undefined };
  if (typeof directory !== 'string') throw new UsageError('working_dir: must be a folder or a URL');
  if (!isLocal(directory)) return { env: { ...env, working_dir: directory }, directory: undefined };
  return {
    env,
    directory: options.workingDir === undefined ? inBase(directory, base) : directory,
  };
}

/** `excludes`, which are patterns as in `.gitignore`. */
export function excludesOf(env: RuntimeEnv): readonly string[] {
  const excludes = env['excludes'] ?? [];
  const isList = Array.isArray(excludes) && excludes.every((each) => typeof each === 'string');
  if (!isList) throw new UsageError('excludes: must be a list of patterns as in .gitignore');
  return excludes;
}

async function given({ runtimeEnv, runtimeEnvJson }: RuntimeEnvOptions): Promise<RuntimeEnv> {
  const flag = runtimeEnv === undefined ? '--runtime-env-json' : `--runtime-env ${runtimeEnv}`;
  const text = runtimeEnv === undefined ? runtimeEnvJson : await readFile(runtimeEnv, 'utf8');
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = runtimeEnv === undefined ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw new UsageError(`${flag}: cannot be read: ${messageOf(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${flag}: must be a map such as {"pip": ["torch==2.9.0"]}`);
  }
  return value as RuntimeEnv;
}

/** A path stands for the lines of that file. */
async function listed(pip: unknown, base: string): Promise<unknown> {
  if (typeof pip !== 'string') return pip;
  const text = await readFile(inBase(pip, base), 'utf8');
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** A path of a YAML file stands for what is in it; any other text is the name of an environment. */
async function condaOf(conda: unknown, base: string): Promise<unknown> {
  if (typeof conda !== 'string' || !/\.ya?ml$/.test(conda)) return conda;
  return parse(await readFile(inBase(conda, base), 'utf8'));
}

const inBase = (path: string, base: string): string => (isAbsolute(path) ? path : join(base, path));
const isLocal = (path: unknown): boolean =>
  typeof path === 'string' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(path);
