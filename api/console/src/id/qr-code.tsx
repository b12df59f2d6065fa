import { encode } from 'uqr';
import { qrPath } from './qr-path.ts';

/** A text for a phone's camera, drawn here: nobody else learns of it. */
export default function QrCode({ text, label }: Readonly<{ text: string; label: string }>) {
  const { data } = encode(text, { ecc: 'M', border: 0 });
  const { size, path } = qrPath(data);
  return (
    <div className="id-qr">
      <svg
        viewBox={`0 0 ${size} ${size}`}
        role="img"
        aria-label={label}
        shapeRendering="crispEdges"
      >
        <path d={path} fill="currentColor" />
      </svg>
    </div>
  );
}
