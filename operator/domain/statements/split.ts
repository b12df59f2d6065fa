import type { Charge } from '../ledger/types.ts';

/**
 * Splits a charge by what each part used: parts of each sum are proportional to `raws`, differ by
 * less than one unit from that and add up to it. Without any use the first part has it all.
 */
export function splitCharge(charge: Charge, raws: readonly bigint[]): readonly Charge[] {
  const whole = raws.reduce((sum, raw) => sum + raw, 0n);
  let before = 0n;
  return raws.map((raw, index) => {
    const from = before;
    before += raw;
    const part = (amount: bigint): bigint => {
      if (whole === 0n) return index === 0 ? amount : 0n;
      return (amount * (from + raw)) / whole - (amount * from) / whole;
    };
    const total = part(charge.total);
    const usage = part(charge.usage);
    const renterFee = part(charge.renterFee);
    const rounding = total - usage - renterFee;
    return { total, usage, renterFee, supplierFee: part(charge.supplierFee), rounding };
  });
}
