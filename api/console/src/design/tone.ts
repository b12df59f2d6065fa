/** What something means, apart from how it looks. */
export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'info' | 'accent';
