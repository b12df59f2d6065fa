/** Ready-made images by stack, as published by the Ray project. Dated: 2026-11. */
const stacks = {
  /** Ray with CUDA; Python 3.12. */
  Ray: (version: string) => `docker.io/rayproject/ray:${version}-py312-gpu`,
  /** Ray with vLLM for inference; Python 3.11, CUDA 12.8. */
  RayLLM: (version: string) => `docker.io/rayproject/ray-llm:${version}-py311-cu128`,
} as const;

export type Stack = keyof typeof stacks;

/** The image of head and workers: the renter's own, or that of the stack (default Ray). */
export function imageOf(ray: { version: string; image?: string; stack?: Stack }): string {
  return ray.image ?? stacks[ray.stack ?? 'Ray'](ray.version);
}
