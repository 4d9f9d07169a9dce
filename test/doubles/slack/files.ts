import { randomUUID } from 'node:crypto'
import type { Bot } from './events.ts'
import { checkBlocks } from './limits.ts'
import type { FrontMethod } from './web-api.ts'
import { records, refuse, text, type Data } from './wire.ts'
import type { Workspace } from './workspace.ts'

/** A file that is there; `channel` and `thread` where it was shared by the app. */
export type StoredFile = {
  readonly id: string
  readonly name: string
  readonly bytes: Uint8Array
  readonly channel?: string
  readonly thread?: string
}

/** Files come in by messages and go out in three steps (https://docs.slack.dev/messaging/working-with-files). */
export type Files = {
  readonly methods: Readonly<Record<string, FrontMethod>>
  readonly all: () => readonly StoredFile[]
  /** Keeps a file of a person, and returns what Slack tells of it. */
  readonly keep: (file: { name: string; mediaType: string; bytes: Uint8Array }, by: string) => Data
  /** The bytes went to the upload URL; false where there is none such. */
  readonly uploaded: (key: string, bytes: Uint8Array) => boolean
  readonly bytesOf: (id: string) => { readonly bytes: Uint8Array; readonly mediaType: string } | undefined
}

type Kept = {
  readonly file: StoredFile
  readonly title: string
  readonly mediaType: string
  readonly by: string
}

export function createFiles(parts: {
  readonly workspace: () => Workspace
  readonly origin: () => string
  readonly appId: string
  readonly now: () => number
}): Files {
  const kept = new Map<string, Kept>()
  const uploads = new Map<string, { readonly id: string; readonly name: string; bytes?: Uint8Array }>()
  let made = 0
  const nextId = (): string => `F0M${String(++made).padStart(8, '0')}`
  const told = ({ file, title, mediaType, by }: Kept): Data => ({
    id: file.id,
    created: Math.floor(parts.now() / 1_000),
    name: file.name,
    title,
    mimetype: mediaType,
    filetype: file.name.split('.').at(-1) ?? 'text',
    user: by,
    user_team: parts.workspace().team,
    size: file.bytes.byteLength,
    mode: 'hosted',
    is_external: false,
    file_access: 'visible',
    url_private: `${parts.origin()}/files-pri/${file.id}/${encodeURIComponent(file.name)}`,
    url_private_download: `${parts.origin()}/files-pri/${file.id}/download/${encodeURIComponent(file.name)}`,
  })
  const complete = (given: Data, bot: Bot, place: { channel: string; thread?: string } | undefined): Kept => {
    const upload = [...uploads.values()].find(({ id }) => id === text(given, 'id'))
    if (upload?.bytes === undefined || kept.has(upload.id)) return refuse('file_not_found')
    const file = { id: upload.id, name: upload.name, bytes: upload.bytes, ...place }
    const title = text(given, 'title') || upload.name
    const one = { file, title, mediaType: 'application/octet-stream', by: bot.userId }
    kept.set(file.id, one)
    return one
  }
  return {
    methods: {
      'files.getUploadURLExternal': async (args) => {
        const [name, size] = [text(args, 'filename'), Number(text(args, 'length'))]
        if (name === '' || !(size > 0)) refuse('invalid_arguments')
        const key = randomUUID()
        const id = nextId()
        uploads.set(key, { id, name })
        return { upload_url: `${parts.origin()}/upload/v1/${key}`, file_id: id }
      },
      'files.completeUploadExternal': async (args, bot) => {
        const given = records(args['files'])
        const [channel, thread] = [text(args, 'channel_id'), text(args, 'thread_ts')]
        if (given.length === 0) refuse('invalid_arguments')
        if (args['blocks'] !== undefined) checkBlocks(args['blocks'])
        const place = channel === '' ? undefined : { channel, ...(thread === '' ? {} : { thread }) }
        if (place !== undefined) await mayShare(parts.workspace(), channel, bot)
        const done = given.map((one) => complete(one, bot, place))
        if (place !== undefined)
          parts.workspace().add(channel, {
            user: bot.userId,
            bot_id: bot.botId,
            app_id: parts.appId,
            subtype: 'file_share',
            text: text(args, 'initial_comment'),
            ...(thread === '' ? {} : { thread_ts: thread }),
            ...(args['blocks'] === undefined ? {} : { blocks: records(args['blocks']) }),
            files: done.map(told),
          })
        return { files: done.map(told) }
      },
      'files.info': async (args) => ({
        file: told(kept.get(text(args, 'file')) ?? refuse('file_not_found')),
      }),
    },
    all: () => [...kept.values()].map(({ file }) => file),
    keep: ({ name, mediaType, bytes }, by) => {
      const one = { file: { id: nextId(), name, bytes }, title: name, mediaType, by }
      kept.set(one.file.id, one)
      return told(one)
    },
    uploaded: (key, bytes) => {
      const upload = uploads.get(key)
      if (upload === undefined) return false
      upload.bytes = bytes
      return true
    },
    bytesOf: (id) => {
      const found = kept.get(id)
      return found === undefined ? undefined : { bytes: found.file.bytes, mediaType: found.mediaType }
    },
  }
}

async function mayShare(workspace: Workspace, channel: string, bot: Bot): Promise<void> {
  const place = workspace.place(channel) ?? refuse('channel_not_found')
  if (!place.members.includes(bot.userId)) refuse('not_in_channel')
  if (place.isArchived) refuse('is_archived')
}
