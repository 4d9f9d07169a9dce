/** Makes something at the first need and keeps it. A failure is that of those who wait: the next need tries again. */
export function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    if (made !== undefined) return made
    const making = make()
    making.catch(() => {
      if (made === making) made = undefined
    })
    made = making
    return making
  }
}
