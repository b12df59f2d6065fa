/** What the hub counts of stakes and cases. Amounts are base units of IO. */
export type StakeMetrics = Readonly<{
  /** The program's accounts were read. */
  stakesRead: (
    found: Readonly<{
      stakes: number;
      openCases: number;
      staked: bigint;
      escrowed: bigint;
      burnt: bigint;
    }>,
  ) => void;
  /** The chain did not answer, or told something that is none of the program's accounts. */
  stakesNotRead: () => void;
}>;
