import type { agreementsEn } from './agreements-en';

export const agreementsEs: Record<keyof typeof agreementsEn, string> = {
  'agreements.title': 'Vincular con otras jurisdicciones',
  'agreements.lead':
    'Donde ambas partes lo acuerdan, una lista de casos dice de un evento que también informa una fuente de la otra jurisdicción. Ningún evento, fuente ni recuento cruza el límite, y cada parte sigue contando lo suyo.',
  'agreements.none': 'No hay ningún acuerdo.',
  'agreements.state.proposed': 'propuesto',
  'agreements.state.in_force': 'en vigor',
  'agreements.state.ended': 'terminado',
  'agreements.proposed.here': 'Propuesto por {by}, {when}; espera a {other}.',
  'agreements.proposed.there': 'Lo propuso {by}, de {other}, {when}.',
  'agreements.confirmed.here': 'Confirmado por {by}, {when}.',
  'agreements.confirmed.there': 'Confirmado por {by}, de {other}, {when}.',
  'agreements.ended.here': 'Terminado por {by}, {when}.',
  'agreements.ended.there': 'Terminado por {by}, de {other}, {when}.',
  'agreements.confirm': 'Aceptar',
  'agreements.decline': 'Rechazar',
  'agreements.takeBack': 'Retirar',
  'agreements.end': 'Terminar',
  'agreements.end.sure': '¿Terminar el acuerdo con {other}? Lo que se vinculó se separa enseguida.',
  'agreements.saved': 'Guardado.',
  'agreements.propose': 'Proponer un acuerdo',
  'agreements.with': 'Con',
  'agreements.note': 'En qué se basa (un memorando, una ley)',
  'agreements.send': 'Proponer',
  'agreements.elsewhere': 'también una fuente de otra jurisdicción',
};
