import type { mappingEn } from './mapping-en';

export const mappingEs: Record<keyof typeof mappingEn, string> = {
  'mapping.open': 'Configurar una fuente',
  'mapping.title': 'Configurar una fuente',
  'mapping.lead':
    'Elija un archivo tal como lo envía la fuente. Se adivina qué significan sus columnas; nada se guarda hasta que usted lo diga.',
  'mapping.source': 'Nombre corto de la fuente',
  'mapping.source.hint': 'de la a a la z, 0 a 9, punto, guion; por ejemplo county-ems',
  'mapping.file': 'Archivo',
  'mapping.type':
    'No se conoce el tipo de este archivo. Se espera: .csv, .tsv, .ndjson, .json, .geojson, .xlsx, .xml o .hl7.',
  'mapping.guess': 'Adivinar las columnas',
  'mapping.found':
    '{found}. {n} fila examinada: {cases} casos, {others} no lo son.|{found}. {n} filas examinadas: {cases} casos, {others} no lo son.',
  'mapping.doubts': 'Dudas',
  'mapping.doubts.none': 'No hubo dudas.',
  'mapping.rejects': 'Filas que no se pueden leer',
  'mapping.reject.row': 'línea {line}: {message}',
  'mapping.reject':
    '{n} fila, {reason}; línea {line}: {message}|{n} filas, {reason}; línea {line}: {message}',
  'mapping.columns': 'Columnas',
  'mapping.column': 'Columna',
  'mapping.usedAs': 'Se lee como',
  'mapping.example': 'Texto más frecuente',
  'mapping.rows': 'Los primeros casos como se leerían (horas en UTC)',
  'mapping.text': 'La correspondencia (TOML)',
  'mapping.save': 'Guardar la correspondencia',
  'mapping.saved': 'La fuente {source} está configurada.',
  'mapping.take': 'Cargar el archivo',
  'mapping.taken':
    '{read} filas leídas: {accepted} nuevas, {updated} cambiadas, {unchanged} conocidas, {quarantined} por corregir, {others} que no son casos.',
  'mapping.back': 'Volver a las fuentes',
};
