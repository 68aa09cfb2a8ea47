import type { PlannedStack } from "../../../model/topology";

/**
 * The order in which stacks are removed: each before those that it came after, or looked up.
 *
 * @param known records and plans of all of them; of stacks with both, those of both count
 */
export function removalOrder(known: readonly PlannedStack[]): string[] {
  const order: string[] = [];
  const visit = (id: string, path: readonly string[]) => {
    if (order.includes(id) || path.includes(id)) return;
    const needs = known.filter((stack) => stack.id === id).flatMap(({ after, reads }) => [...after, ...reads]);
    for (const need of needs) if (known.some((stack) => stack.id === need)) visit(need, [...path, id]);
    order.push(id);
  };
  for (const { id } of known) visit(id, []);
  return order.reverse();
}
