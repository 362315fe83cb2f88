// A forecast opened.
export const forecastEn = {
  'forecast.open': 'How this forecast came about',
  'forecast.part.long_history': 'Long history',
  'forecast.part.season': 'Season',
  'forecast.part.weekday': 'Day of the week',
  'forecast.part.trend': 'Lasting rise or fall',
  'forecast.part.neighbours': 'Neighbours',
  'forecast.part.recent_events': 'Recent events',
  'forecast.part.covariates': 'People, services, seizures',
  'forecast.mean': 'Expected in {n} day|Expected in {n} days',
  'forecast.spike':
    '{n} or more would be a spike here: {p} likely, {usual} by long history alone.|{n} or more would be a spike here: {p} likely, {usual} by long history alone.',
  'forecast.history': 'Long history alone expects {mean}.',
  'forecast.track':
    'Of the {n} place named in the last {days} days, {hit} had an event; long history alone would have named {history}.|Of the {n} places named in the last {days} days, {hit} had an event; long history alone would have named {history}.',
  'forecast.track.area':
    'Of the {n} place named in the last {days} days in {area}, {hit} had an event; long history alone would have named {history}.|Of the {n} places named in the last {days} days in {area}, {hit} had an event; long history alone would have named {history}.',
  'forecast.track.few': 'So few can be chance.',
  'forecast.range': 'Eight times in ten the count should lie from {low} to {high}.',
  'forecast.track.whole':
    'Of {n} forecast, {inside} held the count in its 80 % range.|Of {n} forecasts, {inside} held the count in their 80 % range.',
  'forecast.track.none':
    'No week that was forecast is over yet: what becomes of the forecasts is told from then on.',
} as const;
