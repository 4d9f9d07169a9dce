/**
 * The text without what nobody sees and what turns others round: control characters, bidi marks, zero-width and tag
 * characters, soft hyphens. Emoji keep what joins them. Lines end in \n alone. The same at whatever place a text is cut.
 */
export function visible(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/gu, '\n')
      // Hundreds of variation selectors in a row can carry a hidden text; one after an emoji is its look.
      .replace(/(?<!\p{Emoji})[\uFE0E\uFE0F]/gu, '')
      .replace(/(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}]\uFE0F?)\u200D/gu, '')
      .replace(/\u200D(?!\p{Extended_Pictographic})/gu, '')
      .replace(/(?!\n|\t|\u200D|\uFE0E|\uFE0F)[\p{Cc}\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu, '')
  )
}

/**
 * The text with Slack's three control characters as entities, so that nothing in it mentions, links or pings.
 * Source: https://docs.slack.dev/messaging/formatting-message-text ("Escaping text").
 */
export function escapeMarks(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** A text made harmless for Slack's mrkdwn and plain fields: only what can be seen, and its marks as entities. */
export function escapeText(text: string): string {
  return escapeMarks(visible(text))
}
