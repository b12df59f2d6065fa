import type { Coordinates } from '../inventory/types.ts';

const earthRadiusKm = 6371;
/** What a round trip costs besides distance: the last mile and a few routers. */
const fixedMs = 2;
/** Light in fibre does 200 km a millisecond, there and back 100; cables are half as long again. */
const roundTripMsPer200Km = 3;

/**
 * An estimate of the round trip between two places in whole milliseconds, from the great circle:
 * `ceil(km * 3 / 200) + 2`. Frankfurt to Amsterdam 8, to New York 96, to Singapore 156.
 */
export function estimateRoundTripMs(from: Coordinates, to: Coordinates): number {
  return Math.ceil((distanceKm(from, to) * roundTripMsPer200Km) / 200) + fixedMs;
}

/** The great-circle distance (haversine). */
function distanceKm(from: Coordinates, to: Coordinates): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const latitudeHalf = Math.sin(radians(to.latitude - from.latitude) / 2);
  const longitudeHalf = Math.sin(radians(to.longitude - from.longitude) / 2);
  const chord =
    latitudeHalf ** 2 +
    Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * longitudeHalf ** 2;
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** Decimal degrees as the API has them; undefined when one is missing or no number in range. */
export function parseCoordinates(
  latitude: string | undefined,
  longitude: string | undefined,
): Coordinates | undefined {
  const parsed = { latitude: parseDegrees(latitude, 90), longitude: parseDegrees(longitude, 180) };
  return Number.isNaN(parsed.latitude) || Number.isNaN(parsed.longitude) ? undefined : parsed;
}

function parseDegrees(text: string | undefined, limit: number): number {
  if (text === undefined || !/^-?\d{1,3}(\.\d{1,10})?$/.test(text)) return Number.NaN;
  const degrees = Number(text);
  return Math.abs(degrees) <= limit ? degrees : Number.NaN;
}
