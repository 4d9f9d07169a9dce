import { botScopes, openEvents, scopeNames } from './scopes.ts'
import type { SlackSetupWords } from '../../../words-slack-setup.ts'

type About = {
  readonly name: string
  /** The origin of our server, such as `https://bot.example.org`, where events come over HTTP; else over Socket Mode. */
  readonly base: string | undefined
  readonly words: SlackSetupWords
}

/** The paths of our server that Slack, or a browser that Slack sends, must reach. */
export const slackPaths = {
  events: '/slack/events',
  install: '/slack/install',
  redirect: '/slack/oauth_redirect',
} as const

/** The manifest of the app: all that Slack must know of it (docs.slack.dev/reference/app-manifest). */
export function slackManifest({ name, base, words }: About) {
  const events = base === undefined ? undefined : base + slackPaths.events
  const atOurServer = events === undefined ? {} : { request_url: events }
  return {
    display_information: { name, description: words.description },
    features: {
      agent_view: { agent_description: words.agent },
      app_home: {
        home_tab_enabled: true,
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: false,
      },
      bot_user: { display_name: name, always_online: true },
      slash_commands: [
        {
          command: '/moltbot',
          description: words.slash,
          usage_hint: words.usage,
          // People and channels come with their ids, which count, and not as the names that stand there.
          should_escape: true,
          ...(events === undefined ? {} : { url: events }),
        },
      ],
    },
    oauth_config: {
      ...(base === undefined ? {} : { redirect_urls: [base + slackPaths.redirect] }),
      scopes: { bot: scopeNames },
    },
    settings: {
      event_subscriptions: {
        ...atOurServer,
        bot_events: [...botScopes.flatMap(({ events }) => events), ...openEvents].toSorted(),
      },
      interactivity: { is_enabled: true, ...atOurServer },
      org_deploy_enabled: base !== undefined,
      socket_mode_enabled: base === undefined,
      token_rotation_enabled: false,
    },
  }
}

type SlackManifest = ReturnType<typeof slackManifest>

/** The page on which Slack makes the app of a manifest, with everything filled in. */
export function creationLink(manifest: SlackManifest): string {
  return `https://api.slack.com/apps?new_app=1&manifest_json=${encodeURIComponent(JSON.stringify(manifest))}`
}
