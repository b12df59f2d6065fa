/** A process that a test killed: nothing of it goes on. */
export class KilledError extends Error {
  override readonly name = 'KilledError';
}

/** When a process dies: before the call has an effect, or after it and before it is answered. */
export type Moment = 'before' | 'after';

/** One process: it dies at a call, and from then on none of its calls has an effect. */
export class Mortal {
  #dead = false;
  readonly #fate: (method: string) => Moment | undefined;

  /** `fate` is asked at each call of what was wrapped. */
  constructor(fate: (method: string) => Moment | undefined) {
    this.#fate = fate;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** The same object, as this process has it; all its methods have to be asynchronous. */
  wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const method: unknown = Reflect.get(object, name, object);
        if (typeof method !== 'function') return method;
        return (...args: readonly unknown[]) =>
          this.#call(String(name), () => Reflect.apply(method, object, args) as Promise<unknown>);
      },
    });
  }

  async #call(name: string, run: () => Promise<unknown>): Promise<unknown> {
    this.#live();
    const moment = this.#fate(name);
    if (moment === 'before') this.#dead = true;
    this.#live();
    const answer = await run();
    if (moment === 'after') this.#dead = true;
    this.#live();
    return answer;
  }

  #live(): void {
    if (this.#dead) throw new KilledError('killed');
  }
}
