// The mapping assistant.
export const mappingEn = {
  'mapping.open': 'Set up a feed',
  'mapping.title': 'Set up a feed',
  'mapping.lead':
    'Choose a file as the sender sends it. What its columns mean is guessed, and nothing is stored before you say so.',
  'mapping.source': 'Short name of the feed',
  'mapping.source.hint': 'a to z, 0 to 9, dot, dash; for example county-ems',
  'mapping.file': 'File',
  'mapping.type':
    'This file’s type is not known. Expected: .csv, .tsv, .ndjson, .json, .geojson, .xlsx, .xml or .hl7.',
  'mapping.guess': 'Guess the columns',
  'mapping.found':
    '{found}. {n} row looked at: {cases} cases, {others} not cases.|{found}. {n} rows looked at: {cases} cases, {others} not cases.',
  'mapping.doubts': 'In doubt',
  'mapping.doubts.none': 'Nothing was in doubt.',
  'mapping.rejects': 'Rows that can’t be read',
  'mapping.reject.row': 'line {line}: {message}',
  'mapping.reject': '{n} row, {reason}; line {line}: {message}|{n} rows, {reason}; line {line}: {message}',
  'mapping.columns': 'Columns',
  'mapping.column': 'Column',
  'mapping.usedAs': 'Read as',
  'mapping.example': 'Most frequent text',
  'mapping.rows': 'The first cases as they would be read (times in UTC)',
  'mapping.text': 'The mapping (TOML)',
  'mapping.save': 'Save the mapping',
  'mapping.saved': 'The feed {source} is set up.',
  'mapping.take': 'Read the file in',
  'mapping.taken':
    '{read} rows read: {accepted} new, {updated} changed, {unchanged} known, {quarantined} to be mended, {others} not cases.',
  'mapping.back': 'Back to the feeds',
} as const;
