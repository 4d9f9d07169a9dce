import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Adapter, LookUp, Receive } from '../../src/adapter.ts'
import type { Address, Delivery, Message, Post } from '../../src/message.ts'

/** A platform with a person on its other side. */
export type StagedPlatform = {
  readonly adapter: Adapter
  /**
   * Says a text as a person. With an `event`, where the platform can repeat, saying it again is the same event again.
   * Resolves when the platform knows whether it was taken.
   */
  readonly say: (text: string, event?: string) => Promise<'acknowledged' | 'refused'>
  readonly canRepeat: boolean
  /** Where the person is. */
  readonly here: Address
  /** Targets of this platform that a person may name. */
  readonly targets: readonly string[]
  /** The texts that the person has got, after what was sent has arrived. */
  readonly arrived: () => Promise<readonly string[]>
  /** A text as it arrives, where the platform changes it. */
  readonly asArrived?: (text: string) => string
  /** Everything that went over the wire towards the person, where it may not hold a control character. */
  readonly wire?: () => string
  /** What a platform that can be asked is staged with. */
  readonly asked?: {
    /** The next post is taken, and its answer does not come. */
    readonly loseAnswer: () => void
    /** Lets the time pass until the platform shows what it holds. */
    readonly shown: () => Promise<void>
    /** From now on the platform cannot be reached. */
    readonly cutOff: () => Promise<void>
  }
  readonly close?: () => Promise<void>
}

/** How long the platform may take in a test before it counts as hanging. */
const timeout = 5_000

/** The suite that every platform passes. `make` stages a fresh one that is not started. */
export function adapterContract(name: string, make: () => Promise<StagedPlatform>): void {
  const staged = (title: string, run: (stage: StagedPlatform) => Promise<void>): void => {
    test(title, { timeout }, async () => {
      const stage = await make()
      try {
        await run(stage)
      } finally {
        await stage.adapter.stop()
        await stage.close?.()
      }
    })
  }
  const { signal } = new AbortController()

  /** Takes messages in and answers each with its own text, as the inbox and the outbox do together. */
  const open = async ({ adapter }: StagedPlatform, before: Receive = async () => 'accepted') => {
    const messages: Message[] = []
    await adapter.start(
      async (message) => {
        messages.push(message)
        const taken = await before(message)
        if (taken === 'accepted')
          await adapter.send(postTo(message.address, message.text, message.id), signal)
        return taken
      },
      async () => {},
    )
    return messages
  }

  suite(`${name} is a platform`, () => {
    staged('a message comes in with an id, an address, an author, its text and its time', async (stage) => {
      const messages = await open(stage)
      assert.equal(await stage.say('good morning 早上好'), 'acknowledged')
      const [message] = messages
      assert.equal(messages.length, 1)
      assert.ok(message !== undefined)
      assert.deepEqual(Object.keys(message).toSorted(), ['address', 'author', 'id', 'sentAtMs', 'text'])
      assert.equal(message.text, 'good morning 早上好')
      assert.deepEqual(message.address, stage.here)
      assert.equal(message.address.adapter, stage.adapter.name)
      assert.ok(message.id !== '' && message.author.id !== '' && Number.isSafeInteger(message.sentAtMs))
    })

    staged('two messages are two events at one address', async (stage) => {
      const messages = await open(stage)
      await stage.say('same words')
      await stage.say('same words')
      assert.equal(new Set(messages.map(({ id }) => id)).size, 2)
      assert.deepEqual(messages[0]?.address, messages[1]?.address)
    })

    staged('a message is acknowledged only when it has been taken in', async (stage) => {
      const row = Promise.withResolvers<'accepted'>()
      const messages = await open(stage, () => row.promise)
      let told: string | undefined
      const saying = stage.say('hello').then((answer) => (told = answer))
      while (messages.length === 0) await new Promise((resolve) => setImmediate(resolve))
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      assert.equal(told, undefined)
      row.resolve('accepted')
      assert.equal(await saying, 'acknowledged')
    })

    staged('a message that could not be taken in is not acknowledged', async (stage) => {
      await open(stage, () => Promise.reject(new Error('no room')))
      assert.equal(await stage.say('hello'), 'refused')
    })

    staged('an event that comes again has the same id', async (stage) => {
      if (!stage.canRepeat) return
      const messages = await open(stage)
      await stage.say('hello', 'event-1')
      await stage.say('hello', 'event-1')
      await stage.say('hello', 'event-2')
      const [first, again, other] = messages.map(({ id }) => id)
      assert.equal(first, again)
      assert.notEqual(first, other)
    })

    staged('every text that may be sent ends in a delivery and arrives', async (stage) => {
      const { adapter, here, asArrived = (text: string) => text } = stage
      await adapter.start(
        async () => 'accepted',
        async () => {},
      )
      const texts = ['hello', '长'.repeat(Math.min(100_000, adapter.maxChars)), 'two\nlines', '👩‍👩‍👧 e\u0301']
      for (const text of texts) assertArrives(await adapter.send(postTo(here, text), signal))
      assert.deepEqual(await stage.arrived(), texts.map(asArrived))
    })

    staged('nothing that is sent makes it throw', async (stage) => {
      const { adapter, here } = stage
      await adapter.start(
        async () => 'accepted',
        async () => {},
      )
      for (const text of ['', '\u0000\u001B[2J\u001B]0;x\u0007\u009B31m', '\uD800', '\u2028\u202E', '\r\n\t'])
        assertDelivery(await adapter.send(postTo(here, text), signal))
      assertDelivery(await adapter.send(postTo(here, 'an answer to nobody', 'no such message'), signal))
      await stage.arrived()
      assert.doesNotMatch(stage.wire?.() ?? '', /[\u0000\u0007\u0080-\u009F]|\u001B\[2J|\u001B\]/u)
    })

    staged('ten posts at once arrive in their order', async (stage) => {
      await stage.adapter.start(
        async () => 'accepted',
        async () => {},
      )
      const texts = Array.from({ length: 10 }, (_, i) => `post ${i}`)
      await Promise.all(texts.map((text) => stage.adapter.send(postTo(stage.here, text), signal)))
      assert.deepEqual(await stage.arrived(), texts)
    })

    staged('a sign of life never throws', async ({ adapter, here }) => {
      adapter.show?.('m', here, { kind: 'draft', text: 'before the start' })
      await adapter.start(
        async () => 'accepted',
        async () => {},
      )
      for (const kind of ['draft', 'progress'] as const)
        for (const text of ['', 'so far', '\u001B[2J', '长'.repeat(100_000)])
          adapter.show?.('m', here, { kind, text })
      await adapter.stop()
      adapter.show?.('m', here, { kind: 'draft', text: 'after the stop' })
    })

    staged('after a stop nothing is taken, and a second stop does nothing', async (stage) => {
      const messages = await open(stage)
      await stage.say('before')
      await Promise.all([stage.adapter.stop(), stage.adapter.stop()])
      await stage.adapter.stop()
      assert.equal(await stage.say('after'), 'refused')
      assert.deepEqual(
        messages.map(({ text }) => text),
        ['before'],
      )
    })

    staged('a stop without a start does nothing', ({ adapter }) => adapter.stop())

    staged('its own targets are addresses of its own, and others are not', async ({ adapter, targets }) => {
      await adapter.start(
        async () => 'accepted',
        async () => {},
      )
      for (const target of targets) assert.equal(adapter.resolve(target)?.adapter, adapter.name, target)
      for (const target of ['', ' ', 'nowhere', 'no such:place', '\uD800', `${adapter.name}x`])
        assert.equal(adapter.resolve(target), undefined, JSON.stringify(target))
    })

    staged('it describes itself in one line, in every state', async ({ adapter }) => {
      const describes = (): void => assert.match(adapter.describe(), /^\S.{0,150}$/u)
      describes()
      await adapter.start(
        async () => 'accepted',
        async () => {},
      )
      describes()
      await adapter.stop()
      describes()
    })

    staged('its name and its bounds make sense', async ({ adapter }) => {
      assert.match(adapter.name, /^[a-z]+$/u)
      assert.ok(adapter.maxChars >= 100)
      assert.ok((adapter.paceMs ?? 0) >= 0)
      if (typeof adapter.afterCut !== 'string') assert.ok(adapter.afterCut.graceMs > 0)
    })

    /** Platforms that can be asked, and only these. */
    const askable = (
      title: string,
      run: (
        stage: StagedPlatform,
        asked: NonNullable<StagedPlatform['asked']>,
        find: LookUp['find'],
      ) => Promise<void>,
    ): void =>
      staged(title, async (stage) => {
        const { afterCut } = stage.adapter
        assert.equal(stage.asked === undefined, typeof afterCut === 'string', 'it is staged as what it is')
        if (stage.asked === undefined || typeof afterCut === 'string') return
        await stage.adapter.start(
          async () => 'accepted',
          async () => {},
        )
        await run(stage, stage.asked, afterCut.find)
      })
    const longAgoMs = (): number => Date.now() - 600_000

    askable('a post that it took is found by its key, with the same ref', async (stage, asked, find) => {
      const posts = Array.from({ length: 120 }, (_, i) => postTo(stage.here, `post ${i}`))
      const deliveries: Delivery[] = []
      for (const post of posts) deliveries.push(await stage.adapter.send(post, signal))
      await asked.shown()
      for (const i of [0, 60, 119]) {
        const [post, delivery] = [posts[i], deliveries[i]]
        assert.ok(post !== undefined && delivery?.kind === 'sent')
        assert.deepEqual(await find(post, longAgoMs(), signal), { ...delivery, kind: 'there' })
      }
    })

    askable('a post that it never got is absent, also one of the same text', async (stage, asked, find) => {
      const post = postTo(stage.here, 'here')
      assert.deepEqual(await find(post, longAgoMs(), signal), { kind: 'absent' })
      await stage.adapter.send(post, signal)
      await asked.shown()
      const other = { ...post, key: `${post.key}/other` }
      assert.deepEqual(await find(other, longAgoMs(), signal), { kind: 'absent' })
    })

    askable('a post whose answer was lost ends unknown, and is found', async (stage, asked, find) => {
      const post = postTo(stage.here, 'here')
      asked.loseAnswer()
      assert.equal((await stage.adapter.send(post, signal)).kind, 'unknown')
      await asked.shown()
      assert.equal((await find(post, longAgoMs(), signal)).kind, 'there')
      assert.deepEqual(await stage.arrived(), ['here'])
    })

    askable('one that cannot be reached has surely not got a post', async (stage, asked) => {
      await asked.cutOff()
      const delivery = await stage.adapter.send(postTo(stage.here, 'here'), signal)
      assert.ok(delivery.kind === 'failed' && delivery.fault === 'network', JSON.stringify(delivery))
    })

    askable(
      'one that cannot be reached, or may not be waited for, says nothing of a post',
      async (stage, asked, find) => {
        const post = postTo(stage.here, 'here')
        await stage.adapter.send(post, signal)
        await asked.shown()
        assert.equal((await find(post, longAgoMs(), AbortSignal.abort())).kind, 'unknown')
        await asked.cutOff()
        assert.equal((await find(post, longAgoMs(), signal)).kind, 'unknown')
      },
    )
  })
}

function postTo(address: Address, text: string, answers: string | null = null): Post {
  return {
    key: `test/${text.slice(0, 20)}`,
    address,
    answers,
    reply: { text, status: 'done' },
    createdAtMs: 0,
  }
}

function assertDelivery(delivery: Delivery): void {
  assert.ok(['sent', 'held', 'unknown', 'failed'].includes(delivery.kind))
}

function assertArrives(delivery: Delivery): void {
  assert.ok(delivery.kind === 'sent' || delivery.kind === 'held', JSON.stringify(delivery))
}
