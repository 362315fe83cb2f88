// Two weeks of daily counts in the space of a word. The newest three days stand out.
interface Props {
  values: readonly number[];
  label: string;
}

export function Sparkline({ values, label }: Props) {
  const width = 84;
  const height = 22;
  const top = Math.max(1, ...values);
  const step = width / Math.max(1, values.length);
  const spoken = `${label}: ${values.join(', ')}`;
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={spoken}>
      {values.map((value, i) => {
        // A day without a report keeps a line one pixel high: it was looked at, and nothing was there.
        const tall = value === 0 ? 1 : Math.max(3, (value / top) * height);
        return (
          <rect
            key={i}
            class={i >= values.length - 3 && value > 0 ? 'late' : ''}
            x={i * step}
            y={height - tall}
            width={Math.max(1, step - 1.5)}
            height={tall}
          />
        );
      })}
    </svg>
  );
}
