// A forecast opened.
export const forecastEs = {
  'forecast.open': 'De dónde sale este pronóstico',
  'forecast.part.long_history': 'Historia larga',
  'forecast.part.season': 'Época del año',
  'forecast.part.weekday': 'Día de la semana',
  'forecast.part.trend': 'Subida o bajada duradera',
  'forecast.part.neighbours': 'Vecindad',
  'forecast.part.recent_events': 'Sucesos recientes',
  'forecast.part.covariates': 'Habitantes, servicios, incautaciones',
  'forecast.mean': 'Lo esperado en {n} día|Lo esperado en {n} días',
  'forecast.spike':
    '{n} o más sería un pico aquí: probable en {p}, {usual} según la historia larga.|{n} o más sería un pico aquí: probable en {p}, {usual} según la historia larga.',
  'forecast.history': 'La historia larga sola espera {mean}.',
  'forecast.track':
    'Del {n} lugar nombrado en los últimos {days} días, {hit} tuvo un suceso; la historia larga sola habría nombrado {history}.|De los {n} lugares nombrados en los últimos {days} días, {hit} tuvieron un suceso; la historia larga sola habría nombrado {history}.',
  'forecast.track.area':
    'Del {n} lugar nombrado en los últimos {days} días en {area}, {hit} tuvo un suceso; la historia larga sola habría nombrado {history}.|De los {n} lugares nombrados en los últimos {days} días en {area}, {hit} tuvieron un suceso; la historia larga sola habría nombrado {history}.',
  'forecast.track.few': 'Tan pocos pueden ser azar.',
  'forecast.range': 'Ocho veces de cada diez la cuenta debería estar entre {low} y {high}.',
  'forecast.track.whole':
    'De {n} pronóstico, {inside} tuvo la cuenta en su rango del 80 %.|De {n} pronósticos, {inside} tuvieron la cuenta en su rango del 80 %.',
  'forecast.track.none':
    'Todavía no ha terminado ninguna semana pronosticada: desde entonces se dirá qué fue de los pronósticos.',
};
