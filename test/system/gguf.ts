import { writeFileSync } from 'node:fs'

/**
 * Writes a language model of the llama architecture that has never learned anything: its weights are random, the same
 * at every call. It reads any text (what is not a word of its own goes byte by byte) and answers with nonsense, so it
 * proves how tokens travel and nothing about what they say. About 3 MB, in the GGUF format, version 3
 * (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
 */
export function writeRandomModel(file: string): void {
  const tensors = placed(shapes())
  const facts = metadata(tokens())
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(facts.length),
    ...facts.flatMap(([key, value]) => [text(key), u32(value.type), value.bytes]),
    ...tensors.flatMap(({ name, dims, offset }) => [
      text(name),
      u32(dims.length),
      ...dims.map(u64),
      u32(tensorF32),
      u64(offset),
    ]),
  ])
  const random = xorshift(20_261_122)
  const data = tensors.flatMap((tensor) => [weightsOf(tensor, random), padding(tensor.bytes)])
  writeFileSync(file, Buffer.concat([header, padding(header.length), ...data]))
}

const width = 128
const layers = 2
const heads = 4
const inner = 256
const vocabulary = 2048
const contextTokens = 4096
/** Narrow enough that the sums of each layer stay near 1. */
const weightRange = 0.6

/** All data of the file begins at a multiple of this. */
const alignment = 32
const tensorF32 = 0

type Value = { readonly type: number; readonly bytes: Buffer }

const numberValue = (value: number): Value => ({ type: 4, bytes: u32(value) })
const floatValue = (value: number): Value => ({ type: 6, bytes: f32(value) })
const textValue = (value: string): Value => ({ type: 8, bytes: text(value) })
const listValue = (type: number, items: readonly Buffer[]): Value => ({
  type: 9,
  bytes: Buffer.concat([u32(type), u64(items.length), ...items]),
})

/** A token is a word, or it is one of the kinds that have a meaning of their own. */
const kinds = { word: 1, unknown: 2, control: 3, byte: 6 } as const
type Token = { readonly text: string; readonly kind: keyof typeof kinds }

const special: readonly Token[] = [
  { text: '<unk>', kind: 'unknown' },
  { text: '<s>', kind: 'control' },
  { text: '</s>', kind: 'control' },
]

function tokens(): readonly Token[] {
  const bytes = Array.from({ length: 256 }, (_, value): Token => {
    return { text: `<0x${value.toString(16).toUpperCase().padStart(2, '0')}>`, kind: 'byte' }
  })
  const words = Array.from({ length: vocabulary - special.length - bytes.length }, (_, place): Token => {
    return { text: wordAt(place), kind: 'word' }
  })
  return [...special, ...bytes, ...words]
}

/** Spelled like numbers, with letters for digits; ▁ (U+2581) is how this kind of vocabulary writes a space. */
function wordAt(place: number): string {
  const letters = 'etaoinshrdlucmfwypvbgkjqxz'
  let word = ''
  for (let rest = place; rest >= 0; rest = Math.floor(rest / letters.length) - 1) {
    word += letters.charAt(rest % letters.length)
  }
  return `\u2581${word}`
}

type Fact = readonly [key: string, value: Value]

function metadata(all: readonly Token[]): readonly Fact[] {
  return [
    ['general.architecture', textValue('llama')],
    ['general.name', textValue('random')],
    ['general.alignment', numberValue(alignment)],
    ['llama.context_length', numberValue(contextTokens)],
    ['llama.embedding_length', numberValue(width)],
    ['llama.block_count', numberValue(layers)],
    ['llama.feed_forward_length', numberValue(inner)],
    ['llama.attention.head_count', numberValue(heads)],
    ['llama.attention.head_count_kv', numberValue(heads)],
    ['llama.rope.dimension_count', numberValue(width / heads)],
    ['llama.attention.layer_norm_rms_epsilon', floatValue(1e-5)],
    ['llama.vocab_size', numberValue(all.length)],
    ['tokenizer.ggml.model', textValue('llama')],
    [
      'tokenizer.ggml.tokens',
      listValue(
        8,
        all.map((token) => text(token.text)),
      ),
    ],
    [
      'tokenizer.ggml.scores',
      listValue(
        6,
        all.map((_, place) => f32(-place)),
      ),
    ],
    [
      'tokenizer.ggml.token_type',
      listValue(
        5,
        all.map((token) => u32(kinds[token.kind])),
      ),
    ],
    ['tokenizer.ggml.unknown_token_id', numberValue(0)],
    ['tokenizer.ggml.bos_token_id', numberValue(1)],
    ['tokenizer.ggml.eos_token_id', numberValue(2)],
    ['tokenizer.chat_template', textValue(chatTemplate)],
  ]
}

/** In Jinja: a line for each turn, after the name of its role. */
const chatTemplate =
  "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}" +
  '{% if add_generation_prompt %}assistant: {% endif %}'

const lastLayer = 'output.weight'

type Shape = { readonly name: string; readonly dims: readonly number[] }

function shapes(): readonly Shape[] {
  const blocks = Array.from({ length: layers }, (_, layer) => [
    { name: `blk.${layer}.attn_norm.weight`, dims: [width] },
    { name: `blk.${layer}.attn_q.weight`, dims: [width, width] },
    { name: `blk.${layer}.attn_k.weight`, dims: [width, width] },
    { name: `blk.${layer}.attn_v.weight`, dims: [width, width] },
    { name: `blk.${layer}.attn_output.weight`, dims: [width, width] },
    { name: `blk.${layer}.ffn_norm.weight`, dims: [width] },
    { name: `blk.${layer}.ffn_gate.weight`, dims: [width, inner] },
    { name: `blk.${layer}.ffn_up.weight`, dims: [width, inner] },
    { name: `blk.${layer}.ffn_down.weight`, dims: [inner, width] },
  ])
  return [
    { name: 'token_embd.weight', dims: [width, vocabulary] },
    ...blocks.flat(),
    { name: 'output_norm.weight', dims: [width] },
    { name: lastLayer, dims: [width, vocabulary] },
  ]
}

type Tensor = Shape & { readonly offset: number; readonly bytes: number }

function placed(all: readonly Shape[]): readonly Tensor[] {
  let offset = 0
  return all.map((shape) => {
    const bytes = shape.dims.reduce((product, size) => product * size, 4)
    const at = { ...shape, offset, bytes }
    offset += bytes + padding(bytes).length
    return at
  })
}

/**
 * Norms are ones, all else is random; but the special tokens have nothing in the last layer, so that they score 0 and
 * a thousand others more: no answer ends before it is told to.
 */
function weightsOf({ name, dims, bytes }: Tensor, random: () => number): Buffer {
  const silent = name === lastLayer ? special.length * width : 0
  const weight = (_: unknown, place: number): number => {
    if (dims.length === 1) return 1
    return place < silent ? 0 : (random() - 0.5) * weightRange
  }
  return Buffer.from(Float32Array.from({ length: bytes / 4 }, weight).buffer)
}

/** Marsaglia's generator of 32 bits (https://doi.org/10.18637/jss.v008.i14), as numbers from 0 to below 1. */
function xorshift(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((alignment - (bytes % alignment)) % alignment)
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([u64(bytes.length), bytes])
}
