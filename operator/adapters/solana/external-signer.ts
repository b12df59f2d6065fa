import { type ChildProcess, spawn } from 'node:child_process';
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { SignerRole } from '../../domain/settlement/types.ts';
import { type Signer, SignerError } from '../../ports/signer.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { base58Decode } from '../../settlement/base58.ts';

const answerMs = 30_000;
const maxOpen = 256;
/** In front of the 32 bytes of an Ed25519 public key, in SPKI. */
const publicHead = Buffer.from('302a300506032b6570032100', 'hex');

const answerSchema = z.union([
  z.object({ id: z.number(), publicKey: z.string().max(64) }),
  z.object({ id: z.number(), signature: z.base64() }),
  z.object({ id: z.number(), error: z.string().max(1024) }),
]);
type Answer = z.output<typeof answerSchema>;
type Question = Readonly<{ role: SignerRole; method: 'publicKey' | 'sign'; message?: string }>;

/**
 * A program that signs in place of a key in this process, such as a bridge to a key service. It reads
 * a JSON object a line from its standard input and answers each with one of the same `id`:
 *
 *     {"id":1,"role":"treasurer","method":"publicKey"}           -> {"id":1,"publicKey":"<base58>"}
 *     {"id":2,"role":"treasurer","method":"sign","message":"…"}  -> {"id":2,"signature":"…"}
 *
 * Message and signature are base64; `{"id":2,"error":"why not"}` refuses. It is started again when it
 * has ended.
 */
export class ExternalSigner {
  readonly #command: string;
  readonly #clock: Clock;
  readonly #open = new Map<number, PromiseWithResolvers<Answer>>();
  #process: ChildProcess | undefined;
  #lastId = 0;

  constructor(command: string, clock: Clock = systemClock) {
    this.#command = command;
    this.#clock = clock;
  }

  /** Undefined when the program has no key of the role. */
  async signer(role: SignerRole): Promise<Signer | undefined> {
    const answer = await this.#ask({ role, method: 'publicKey' });
    if ('error' in answer) return undefined;
    if (!('publicKey' in answer)) throw this.#error('gave no public key');
    const address = answer.publicKey;
    const key = publicKeyOf(address);
    if (key === undefined) throw this.#error('gave a public key that is none');
    return { address, sign: (message) => this.#sign(role, key, message) };
  }

  async close(): Promise<void> {
    this.#process?.kill();
  }

  async #sign(role: SignerRole, key: KeyObject, message: Uint8Array): Promise<Uint8Array> {
    const text = Buffer.from(message).toString('base64');
    const answer = await this.#ask({ role, method: 'sign', message: text });
    if ('error' in answer) throw this.#error(`refuses: ${answer.error}`);
    const signature = Buffer.from('signature' in answer ? answer.signature : '', 'base64');
    // A wrong signature would only be found out by the chain, when the operation seems to hang.
    if (!verify(null, message, key, signature)) throw this.#error('gave a wrong signature');
    return Uint8Array.from(signature);
  }

  async #ask(question: Question): Promise<Answer> {
    if (this.#open.size >= maxOpen) throw this.#error(`has ${maxOpen} questions to answer`);
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = Promise.withResolvers<Answer>();
    this.#open.set(id, answer);
    const cancel = this.#clock.setTimeout(
      () => answer.reject(this.#error(`does not answer in ${answerMs / 1000} s`)),
      answerMs,
    );
    try {
      this.#running().stdin?.write(`${JSON.stringify({ id, ...question })}\n`);
      return await answer.promise;
    } finally {
      cancel();
      this.#open.delete(id);
    }
  }

  #running(): ChildProcess {
    if (this.#process !== undefined) return this.#process;
    // What it says on standard error goes to ours; nothing of it is a key, or it is to blame.
    const child = spawn(this.#command, [], { stdio: ['pipe', 'pipe', 'inherit'], shell: false });
    const gone = (why: string): void => {
      if (this.#process === child) this.#process = undefined;
      for (const answer of this.#open.values()) answer.reject(this.#error(why));
    };
    child.once('error', (error: NodeJS.ErrnoException) =>
      gone(`cannot be started: ${error.code ?? error.message}`),
    );
    child.once('exit', (code) => gone(`ended with code ${code ?? 'of a signal'}`));
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => this.#read(line));
    this.#process = child;
    return child;
  }

  /** What is no answer is left alone, and its question runs into its time limit. */
  #read(line: string): void {
    const answer = answerOf(line);
    if (answer !== undefined) this.#open.get(answer.id)?.resolve(answer);
  }

  #error(what: string): SignerError {
    return new SignerError(`${this.#command} ${what}`);
  }
}

function answerOf(line: string): Answer | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function publicKeyOf(address: string): KeyObject | undefined {
  try {
    const key = Buffer.concat([publicHead, base58Decode(address)]);
    return createPublicKey({ key, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}
