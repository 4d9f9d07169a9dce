import type { Model } from '../../src/model.ts'
import { createConnections } from '../../src/connections.ts'
import { sceneNowMs, type Scene, type Staged } from '../contracts/model.ts'
import { startVendor, steps } from './vendor.ts'

/** A vendor's model in a scene, over connections of its own. `origin` is the double's. */
export async function stageVendor(
  scene: Scene,
  make: (about: { origin: string; now: () => number; fetch: typeof fetch }) => Model,
): Promise<Staged> {
  const vendor = await startVendor([], { always: steps[scene] })
  const { fetch, close } = createConnections()
  return {
    model: make({ origin: vendor.origin, now: () => sceneNowMs, fetch }),
    asked: () => vendor.requests.length,
    showsWork: true,
    close: async () => {
      await close()
      await vendor.close()
    },
  }
}
