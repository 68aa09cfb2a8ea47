/** One page of a longer answer; `next` asks for the one after it. */
export interface Page<Item> {
  items: readonly Item[];
  next?: string;
}

/** Everything, page after page. */
export async function allPages<Item>(read: (next?: string) => Promise<Page<Item>>): Promise<Item[]> {
  const all: Item[] = [];
  let next: string | undefined;
  do {
    const page = await read(next);
    all.push(...page.items);
    next = page.next || undefined;
  } while (next);
  return all;
}

/** The items in groups of at most `size`; none for no items. */
export function batches<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
