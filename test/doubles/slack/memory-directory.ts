import { paged } from './history.ts'
import { openDm, placeFor, type MemoryState, type Method } from './memory-state.ts'
import { flag, refuse, text, type Data } from './wire.ts'
import type { Person, Place } from './workspace.ts'

/** The methods that say who and what is there. */
export function directoryMethods(state: MemoryState) {
  return {
    'auth.test': (_, as) => ({
      url: 'https://double.slack.com/',
      team: 'Double',
      user: as.name,
      team_id: as.team,
      user_id: as.id,
      ...(as.botId === undefined ? {} : { bot_id: as.botId }),
      is_enterprise_install: false,
    }),
    'team.info': (_, as) => ({ team: { id: as.team, name: 'Double', domain: 'double' } }),
    'users.info': (args) => ({
      user: asPerson(state.people.get(text(args, 'user')) ?? refuse('user_not_found')),
    }),
    'users.list': (args) => {
      const { page, next } = paged([...state.people.values()], args, 100)
      return { members: page.map(asPerson), response_metadata: { next_cursor: next } }
    },
    'conversations.info': (args, as) => {
      const place = state.places.get(text(args, 'channel')) ?? refuse('channel_not_found')
      return { channel: asPlace(place.kind === 'public' ? place : placeFor(state, args, as), as) }
    },
    'conversations.list': (args, as) => {
      const types = new Set((text(args, 'types') || 'public_channel').split(/,\s*/u))
      const found = [...state.places.values()].filter(
        (place) =>
          types.has(typeNames[place.kind]) &&
          (place.kind === 'public' || place.members.includes(as.id)) &&
          !(flag(args, 'exclude_archived') && place.isArchived),
      )
      const { page, next } = paged(found, args, 100)
      return { channels: page.map((place) => asPlace(place, as)), response_metadata: { next_cursor: next } }
    },
    'conversations.members': (args, as) => {
      const place = state.places.get(text(args, 'channel')) ?? refuse('channel_not_found')
      const { page, next } = paged(
        (place.kind === 'public' ? place : placeFor(state, args, as)).members,
        args,
        100,
      )
      return { members: page, response_metadata: { next_cursor: next } }
    },
    'conversations.open': (args, as) => {
      const users = text(args, 'users').split(',').filter(Boolean)
      if (users.length === 0) refuse('users_list_not_supplied')
      const place = openDm(state, users, as)
      return { channel: flag(args, 'return_im') ? asPlace(place, as) : { id: place.id } }
    },
  } satisfies Readonly<Record<string, Method>>
}

const typeNames = {
  public: 'public_channel',
  private: 'private_channel',
  'group-dm': 'mpim',
  dm: 'im',
} as const

function asPlace(place: Place, as: Person): Data {
  const other = place.members.find((id) => id !== as.id)
  return {
    id: place.id,
    ...(place.kind === 'dm' ? { user: other } : { name: place.name, name_normalized: place.name }),
    is_channel: place.kind === 'public' || place.kind === 'private',
    is_group: place.kind === 'private',
    is_im: place.kind === 'dm',
    is_mpim: place.kind === 'group-dm',
    is_private: place.kind !== 'public',
    is_archived: place.isArchived,
    is_member: place.members.includes(as.id),
    is_ext_shared: false,
    context_team_id: place.team,
    num_members: place.members.length,
  }
}

function asPerson({ id, name, team, botId }: Person): Data {
  return {
    id,
    team_id: team,
    name: name.toLowerCase(),
    real_name: name,
    deleted: false,
    is_bot: botId !== undefined,
    is_app_user: false,
    is_restricted: false,
    is_ultra_restricted: false,
    tz: 'Europe/Amsterdam',
    profile: { real_name: name, display_name: name, ...(botId === undefined ? {} : { bot_id: botId }) },
  }
}
