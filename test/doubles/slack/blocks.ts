import { isRecord, part, records, text, type Data } from './wire.ts'

/** What is wrong with something, as Slack words it. */
export type Problems = readonly string[]

type Check = (value: Data, at: string) => Problems

/**
 * What Slack finds wrong with blocks (https://docs.slack.dev/reference/block-kit/blocks and its pages). A kind that is not in the
 * table below is taken as it is.
 */
export function problemsOfBlocks(blocks: unknown, most: number): Problems {
  if (!Array.isArray(blocks)) return ['must be an array [json-pointer:/blocks]']
  const list = records(blocks)
  if (list.length !== blocks.length) return ['must provide an object [json-pointer:/blocks]']
  const ids = list.map((block) => text(block, 'block_id')).filter(Boolean)
  return [
    ...(list.length > most ? [`no more than ${most} items allowed [json-pointer:/blocks]`] : []),
    ...(new Set(ids).size < ids.length ? ['block_id already exists [json-pointer:/blocks]'] : []),
    ...list.flatMap((block, at) => [
      ...length(block, 'block_id', 0, 255)(`/blocks/${at}`),
      ...(kinds.get(text(block, 'type')) ?? unknownKind)(block, `/blocks/${at}`),
    ]),
  ]
}

const unknownKind: Check = (block, at) =>
  text(block, 'type') === '' ? [`missing required field: type [json-pointer:${at}]`] : []

const kinds: ReadonlyMap<string, Check> = new Map<string, Check>([
  [
    'section',
    (block, at) => [
      ...('text' in block || 'fields' in block ? [] : [`missing required field: text [json-pointer:${at}]`]),
      ...('text' in block ? textObject(block, 'text', 3_000)(at) : []),
      ...count(block, 'fields', 10)(at),
      ...records(block['fields']).flatMap((field, n) => length(field, 'text', 1, 2_000)(`${at}/fields/${n}`)),
      ...(isRecord(block['accessory']) ? problemsOfElement(block['accessory'], `${at}/accessory`) : []),
    ],
  ],
  ['header', (block, at) => textObject(block, 'text', 150, 'plain_text')(at)],
  ['markdown', (block, at) => length(block, 'text', 1, Infinity)(at)],
  [
    'context',
    (block, at) => [
      ...count(block, 'elements', 10, 1)(at),
      ...records(block['elements']).flatMap((element, n) =>
        text(element, 'type') === 'image' ? [] : length(element, 'text', 1, 3_000)(`${at}/elements/${n}`),
      ),
    ],
  ],
  ['actions', (block, at) => elements(block, at, 25)],
  ['context_actions', (block, at) => elements(block, at, 5)],
  [
    'input',
    (block, at) => [
      ...textObject(block, 'label', 2_000, 'plain_text')(at),
      ...('hint' in block ? textObject(block, 'hint', 2_000, 'plain_text')(at) : []),
      ...(isRecord(block['element'])
        ? problemsOfElement(block['element'], `${at}/element`)
        : [`missing required field: element [json-pointer:${at}]`]),
    ],
  ],
  ['image', (block, at) => length(block, 'alt_text', 1, 2_000)(at)],
  [
    'table',
    (block, at) => [
      ...count(block, 'rows', 100, 1)(at),
      ...count(block, 'column_settings', 20)(at),
      ...rows(block).flatMap((row, n) =>
        row.length > 20 ? [`no more than 20 items allowed [json-pointer:${at}/rows/${n}]`] : [],
      ),
    ],
  ],
])

function elements(block: Data, at: string, most: number): Problems {
  const list = records(block['elements'])
  const ids = list.map((element) => text(element, 'action_id')).filter(Boolean)
  return [
    ...count(block, 'elements', most, 1)(at),
    ...(new Set(ids).size < ids.length ? [`action_id already exists [json-pointer:${at}/elements]`] : []),
    ...list.flatMap((element, n) => problemsOfElement(element, `${at}/elements/${n}`)),
  ]
}

/** https://docs.slack.dev/reference/block-kit/block-elements and its pages. */
function problemsOfElement(element: Data, at: string): Problems {
  const type = text(element, 'type')
  const mostOptions = type === 'checkboxes' || type === 'radio_buttons' ? 10 : type === 'overflow' ? 5 : 100
  return [
    ...(type === '' ? [`missing required field: type [json-pointer:${at}]`] : []),
    ...length(element, 'action_id', 0, 255)(at),
    ...('placeholder' in element ? textObject(element, 'placeholder', 150, 'plain_text')(at) : []),
    ...(type === 'button' ? button(element, at) : []),
    ...count(element, 'options', mostOptions, 'options' in element ? 1 : 0)(at),
    ...records(element['options']).flatMap((option, n) => [
      ...textObject(option, 'text', 75)(`${at}/options/${n}`),
      ...length(option, 'value', 0, 150)(`${at}/options/${n}`),
    ]),
    ...(type === 'feedback_buttons'
      ? ['positive_button', 'negative_button'].flatMap((key) => button(part(element, key), `${at}/${key}`))
      : []),
    ...('initial_value' in element && type === 'plain_text_input'
      ? length(element, 'initial_value', 0, 3_000)(at)
      : []),
  ]
}

function button(element: Data, at: string): Problems {
  const style = element['style']
  return [
    ...textObject(element, 'text', 75, 'plain_text')(at),
    ...length(element, 'value', 0, 2_000)(at),
    ...length(element, 'url', 0, 3_000)(at),
    ...(style === undefined || style === 'primary' || style === 'danger'
      ? []
      : [`unsupported style [json-pointer:${at}/style]`]),
    ...(isRecord(element['confirm'])
      ? [
          ...textObject(element['confirm'], 'title', 100, 'plain_text')(`${at}/confirm`),
          ...textObject(element['confirm'], 'text', 300)(`${at}/confirm`),
        ]
      : []),
  ]
}

function textObject(of: Data, key: string, most: number, only?: 'plain_text'): (at: string) => Problems {
  return (at) => {
    const value = of[key]
    if (!isRecord(value)) return [`missing required field: ${key} [json-pointer:${at}]`]
    const type = text(value, 'type')
    const isKnown = type === 'plain_text' || (type === 'mrkdwn' && only === undefined)
    return [
      ...(isKnown ? [] : [`unsupported type: ${type} [json-pointer:${at}/${key}/type]`]),
      ...length(value, 'text', 1, most)(`${at}/${key}`),
    ]
  }
}

/** Slack counts characters, not UTF-16 units. */
function length(of: Data, key: string, least: number, most: number): (at: string) => Problems {
  return (at) => {
    const characters = [...text(of, key)].length
    if (characters > most) return [`must be less than ${most + 1} characters [json-pointer:${at}/${key}]`]
    return characters < least ? [`must be more than 0 characters [json-pointer:${at}/${key}]`] : []
  }
}

function count(of: Data, key: string, most: number, least = 0): (at: string) => Problems {
  return (at) => {
    const value = of[key]
    const items = Array.isArray(value) ? value.length : 0
    if (items > most) return [`no more than ${most} items allowed [json-pointer:${at}/${key}]`]
    return items < least ? [`must have at least ${least} items [json-pointer:${at}/${key}]`] : []
  }
}

function rows(block: Data): readonly (readonly unknown[])[] {
  const value = block['rows']
  return Array.isArray(value) ? value.filter((row): row is unknown[] => Array.isArray(row)) : []
}
