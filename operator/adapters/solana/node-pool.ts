import type { Connection } from '@solana/web3.js';
import { ChainUnavailableError } from '../../ports/chain.ts';
import { majority, type Said } from './agreement.ts';
import { NodeError, type RpcNode } from './rpc-node.ts';

export type Ask<T> = (connection: Connection) => Promise<T>;

/** A node this far from the middle one is on another fork, behind, or lies. */
const maxSlotsApart = 150;
/** A node whose finalized slot stands still for this long is stuck. */
const stuckMs = 60_000;

/** RPC nodes that are meant to be of one chain. */
export class NodePool {
  readonly #nodes: readonly RpcNode[];
  /** Where the next search begins: at the node that answered last. */
  #first = 0;

  constructor(nodes: readonly RpcNode[]) {
    this.#nodes = nodes;
  }

  /** The answer of the first node that gives one. Throws ChainUnavailableError. */
  async any<T>(ask: Ask<T>): Promise<T> {
    const problems: string[] = [];
    for (const node of inTurn(await this.#ofOneChain(), this.#nodes[this.#first])) {
      try {
        const value = await node.ask(ask);
        this.#first = this.#nodes.indexOf(node);
        return value;
      } catch (error) {
        problems.push(problemOf(node, error));
      }
    }
    throw new ChainUnavailableError(problems.join('; '));
  }

  /** The answers of all nodes that give one. Throws ChainUnavailableError when none does. */
  async all<T>(ask: Ask<T>): Promise<readonly Said<T>[]> {
    return gather(await this.#ofOneChain(), (node) => node.ask(ask));
  }

  /** What most of the nodes say that answer. Throws ChainUnavailableError when they do not agree. */
  async most<T>(ask: Ask<T>, keyOf: (value: T) => string): Promise<T> {
    return majority(await this.all(ask), keyOf);
  }

  /** The lowest finalized slot and height of the nodes that are neither stuck nor far from the others. */
  async finalized(): Promise<Readonly<{ slot: number; height: number }>> {
    const said = await gather(await this.#ofOneChain(), (node) => node.finalized());
    const moving = said.filter(({ node }) => node.stillMs < stuckMs);
    // When all stand still, it is the chain that does.
    const awake = moving.length === 0 ? said : moving;
    const slots = awake.map(({ value }) => value.slot).toSorted((a, b) => a - b);
    const middle = slots[(slots.length - 1) >> 1] ?? 0;
    const near = awake.filter(({ value }) => Math.abs(value.slot - middle) <= maxSlotsApart);
    for (const each of awake) if (!near.includes(each)) each.node.contradicted();
    return {
      slot: Math.min(...near.map(({ value }) => value.slot)),
      height: Math.min(...near.map(({ value }) => value.height)),
    };
  }

  /** The nodes that can be asked now and have the genesis that most of them have. */
  async #ofOneChain(): Promise<readonly RpcNode[]> {
    const awake = this.#nodes.filter((node) => !node.rests);
    if (awake.length === 0) {
      const names = this.#nodes.map(({ name }) => name).join(', ');
      throw new ChainUnavailableError(`no RPC node answers: ${names}`);
    }
    const said = await gather(awake, async (node) => {
      await node.askGenesisHash();
      return node.genesisHash ?? '';
    });
    const genesis = majority(said, (hash) => hash);
    return said.filter(({ value }) => value === genesis).map(({ node }) => node);
  }
}

async function gather<T>(
  nodes: readonly RpcNode[],
  ask: (node: RpcNode) => Promise<T>,
): Promise<readonly Said<T, RpcNode>[]> {
  const answers = await Promise.allSettled(nodes.map(ask));
  const said: Said<T, RpcNode>[] = [];
  const problems: string[] = [];
  for (const [index, answer] of answers.entries()) {
    const node = nodes[index];
    if (node === undefined) continue;
    if (answer.status === 'fulfilled') said.push({ node, value: answer.value });
    else problems.push(problemOf(node, answer.reason));
  }
  if (said.length === 0) throw new ChainUnavailableError(problems.join('; '));
  return said;
}

/** Throws what is not the node's fault. */
function problemOf(node: RpcNode, error: unknown): string {
  if (!(error instanceof NodeError)) throw error;
  return `${node.name}: ${error.message}`;
}

function inTurn(nodes: readonly RpcNode[], first: RpcNode | undefined): readonly RpcNode[] {
  const at = first === undefined ? -1 : nodes.indexOf(first);
  return at < 0 ? nodes : [...nodes.slice(at), ...nodes.slice(0, at)];
}
