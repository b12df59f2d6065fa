import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheRoot } from './paths.ts';
import { type Tool, type ToolName, toolNamed } from './tools.ts';

const KEY_LENGTH = 16;
const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Go's names for a system and a processor. */
export type Target = { readonly os: string; readonly architecture: string };

/** The machine this runs on, in Go's names; throws when local clusters cannot run on it. */
export function currentTarget(platform: string = process.platform, arch = process.arch): Target {
  const architecture = GO_ARCHITECTURES[arch];
  if ((platform !== 'linux' && platform !== 'darwin') || architecture === undefined) {
    throw new Error(
      `local clusters run on linux or darwin with amd64 or arm64, and this machine is ${platform} ${arch}`,
    );
  }
  return { os: platform, architecture };
}

/** What decides whether a binary may be used again. */
export type KeyInputs = {
  readonly goMod: string;
  readonly goSum: string;
  readonly flags: readonly string[];
  readonly target: Target;
};

/** The cache key of a binary: any change of version, flags or machine gives another one. */
export function cacheKey(inputs: KeyInputs): string {
  const hash = createHash('sha256');
  const { goMod, goSum, flags, target } = inputs;
  for (const part of [goMod, goSum, ...flags, target.os, target.architecture]) {
    hash.update(`${Buffer.byteLength(part)}:`).update(part);
  }
  return hash.digest('hex').slice(0, KEY_LENGTH);
}

/** The arguments of `go build` but for the output. */
export function buildFlags(tool: Tool): string[] {
  return ['-trimpath', '-ldflags', tool.ldflags, tool.goPackage];
}

/** The folder in the cache that holds the tool's binary in exactly the pinned version. */
export function toolDirectory(tool: Tool): string {
  const key = cacheKey({
    goMod: readFileSync(join(tool.moduleDirectory, 'go.mod'), 'utf8'),
    goSum: readFileSync(join(tool.moduleDirectory, 'go.sum'), 'utf8'),
    flags: [...buildFlags(tool), ...(tool.assets?.files ?? []), ...ownSources(tool)],
    target: currentTarget(),
  });
  return join(cacheRoot(), 'bin', `${tool.name}-${key}`);
}

function ownSources({ ownSource = false, moduleDirectory }: Tool): string[] {
  if (!ownSource) return [];
  const files = readdirSync(moduleDirectory).filter((name) => name.endsWith('.go'));
  return files.toSorted().map((name) => readFileSync(join(moduleDirectory, name), 'utf8'));
}

/** The path of a tool's binary, built or not. */
export function binaryPath(name: ToolName): string {
  return join(toolDirectory(toolNamed(name)), name);
}

/** The paths of the YAML files that are kept beside a tool's binary. */
export function assetPaths(name: ToolName): string[] {
  const tool = toolNamed(name);
  const directory = toolDirectory(tool);
  return (tool.assets?.files ?? []).map((file) => join(directory, basename(file)));
}

/** Whether the tool needs no build. The folder appears whole or not at all. */
export function isBuilt(tool: Tool): boolean {
  return existsSync(toolDirectory(tool));
}
