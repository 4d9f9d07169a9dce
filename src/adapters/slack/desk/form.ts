import QuickLRU from 'quick-lru'
import { z } from 'zod'
import type { Receive } from '../../../adapter.ts'
import { faultOf } from '../../../errors.ts'
import type { FormAbout, FormOrder, FormReader, FormTold } from '../../../form.ts'
import type { Log } from '../../../log.ts'
import type { Address, Author } from '../../../message.ts'
import { slackHomeWords } from '../../../words-slack-home.ts'
import { tasksWords } from '../../../words-tasks.ts'
import type { Language } from '../../../words.ts'
import { messageIds, type SlackApi } from '../contract.ts'
import { fitsForm, formErrors, formView, nameOf, wordView, type SentForm } from './form-view.ts'

/** Who pressed or sent something, as Slack itself says it. */
export type Clicker = {
  readonly account: string
  readonly user: string
  readonly author: Author
  readonly key: string
  readonly language: Language
  /** Their direct messages with us. Throws a FaultError where Slack does not tell. */
  readonly direct: () => Promise<Address>
}

/** What Slack is to do with a form that was sent. */
type Sent = Readonly<Record<string, unknown>> & { readonly response_action: 'errors' | 'update' | 'clear' }
type Action = Extract<FormTold, { kind: 'action' }>

/** The forms in which a task is made or changed. */
export type Forms = {
  /** Opens the form; `edit` is the number of the task to be changed. Resolves with what hindered it, in words. */
  readonly open: (who: Clicker, triggerId: string, edit: number | undefined) => Promise<string | undefined>
  /** Something was typed or chosen: soon the words say what sending it would do. */
  readonly typed: (who: Clicker, form: SentForm) => void
  /**
   * Takes a form that was sent; what it does is a message of its sender once the promise resolves. The result tells Slack
   * what to do with the form. `bar` says in words why the sender may not send it.
   */
  readonly sent: (who: Clicker, form: SentForm, bar: () => Promise<string | undefined>) => Promise<Sent>
}

type Parts = {
  readonly api: Pick<SlackApi, 'call'>
  readonly receive: Receive
  readonly formOf: FormReader
  /** Our own words with commands as people type them in Slack. */
  readonly asTyped: (text: string) => string
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  readonly log: Pick<Log, 'warn' | 'error'>
}

/** What is typed within this is told at once, so that a view is not changed for every key. */
const settleMs = 250
/** Words of time count from when they were told for so long, in milliseconds: that is what the person read. */
const freshMs = 10 * 60_000
const mostOpen = 500

/** A view that is kept up to date: the hash that Slack gave it last, and what is to be told next. */
type Live = { hash: string | undefined; next: (() => Promise<void>) | undefined; isBusy: boolean }

const updated = z.object({ view: z.object({ hash: z.string() }) })

export function createForms({ api, receive, formOf, asTyped, now, sleep, signal, log }: Parts): Forms {
  const views = new QuickLRU<string, Live>({ maxSize: mostOpen })

  const about = async ({ key, language, direct }: Clicker, nowMs: number): Promise<FormAbout> => {
    return { person: key, address: await direct(), language, nowMs }
  }

  const tell: FormReader['tell'] = (order, at) => {
    const told = formOf.tell(order, at)
    return told.kind === 'problem' ? { ...told, words: asTyped(told.words) } : told
  }

  const open: Forms['open'] = async (who, triggerId, edit) => {
    const { account, language } = who
    const words = slackHomeWords[language]
    const toldAtMs = now()
    const at = await about(who, toldAtMs)
    const filled = edit === undefined ? { what: '', when: '' } : formOf.fill(edit, at)
    const view =
      filled !== undefined && fitsForm(filled)
        ? formView({ language, filled, told: tell(filled, at), toldAtMs })
        : wordView(asTyped(hindrance(filled, edit ?? 0, language)), words.form.edit(edit ?? 0), language)
    const answer = await api.call('views.open', { trigger_id: triggerId, view }, { account, signal })
    if (answer.kind === 'ok') return undefined
    log.warn({ answer }, 'Slack did not open a form')
    return words.again
  }

  const show = async (who: Clicker, form: SentForm, live: Live): Promise<void> => {
    const { account, language } = who
    const toldAtMs = now()
    const told = tell(form.order, await about(who, toldAtMs))
    const view = formView({ language, filled: form.order, told, toldAtMs })
    // With the hash an update that comes late cannot undo one that is newer.
    const args = { view_id: form.id, hash: live.hash ?? form.hash, view }
    const answer = await api.call('views.update', args, { account, signal })
    live.hash = answer.kind === 'ok' ? updated.safeParse(answer.data).data?.view.hash : undefined
  }

  const keepUp = async (live: Live): Promise<void> => {
    live.isBusy = true
    try {
      while (live.next !== undefined) {
        await sleep(settleMs, signal)
        const { next } = live
        live.next = undefined
        await next?.()
      }
    } catch (error) {
      if (!signal.aborted)
        log.error({ fault: faultOf(error), err: error }, 'a form was not brought up to date')
    } finally {
      live.isBusy = false
    }
  }

  const typed: Forms['typed'] = (who, form) => {
    const live = views.get(form.id) ?? { hash: undefined, next: undefined, isBusy: false }
    views.set(form.id, live)
    live.next = () => show(who, form, live)
    if (!live.isBusy) void keepUp(live)
  }

  /** What the form does, counted from when the person read it unless that is long ago; or what Slack is to show instead. */
  const judge = async (who: Clicker, form: SentForm): Promise<Action | Sent> => {
    const nowMs = now()
    const ageMs = nowMs - form.seenAtMs
    const at = await about(who, ageMs >= 0 && ageMs < freshMs ? form.seenAtMs : nowMs)
    const told = tell(form.order, at)
    if (told.kind === 'problem') return formErrors(told.words, told.field)
    if (nameOf(told) === form.seen) return told
    const fresh = tell(form.order, { ...at, nowMs })
    const shown = { language: who.language, filled: form.order, told: fresh, toldAtMs: nowMs }
    return { response_action: 'update', view: formView({ ...shown, isChanged: true }) }
  }

  const sent: Forms['sent'] = async (who, form, bar) => {
    const live = views.get(form.id)
    if (live !== undefined) live.next = undefined
    views.delete(form.id)
    try {
      const barred = await bar()
      if (barred !== undefined) return formErrors(barred)
      const judged = await judge(who, form)
      if ('response_action' in judged) return judged
      const { words: text, action } = judged
      const id = messageIds.form(form.id, form.hash)
      await receive({ id, address: await who.direct(), author: who.author, text, action, sentAtMs: now() })
      return { response_action: 'clear' }
    } catch (error) {
      log.error({ fault: faultOf(error), err: error }, 'what a form says was not written down')
      return formErrors(slackHomeWords[who.language].form.notStored)
    }
  }

  return { open, typed, sent }
}

/** Why a task is not shown in the form: it is gone, or has more words than the fields. */
function hindrance(filled: FormOrder | undefined, id: number, language: Language): string {
  return filled === undefined
    ? tasksWords[language].tasks.noTask(id)
    : slackHomeWords[language].form.tooLong(id)
}
