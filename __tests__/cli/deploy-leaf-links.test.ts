import { type Links, reloadUntilLinked } from "../../cli/deploy/kubernetes/leaf-links";

/** A deployment whose links come up after so many reloads of a cluster, and whose pods see everything after five looks. */
async function deployed(
  upAfter: Readonly<Record<string, number>>,
  staleAuthorities = true,
  unreachable: Record<string, number> = {},
) {
  const reloads: string[] = [];
  const said: string[] = [];
  const looks: Record<string, number> = {};
  let pauses = 0;
  await reloadUntilLinked(Object.keys(upAfter), {
    readLinks: async (name): Promise<Links> => {
      looks[name] = (looks[name] ?? 0) + 1;
      if ((looks[name] ?? 0) <= (unreachable[name] ?? 0)) throw new Error("no route\nto it");
      const isUp = reloads.filter((one) => one === name).length >= (upAfter[name] ?? 0);
      return { name, down: isUp ? [] : [`${name}: leaf node`], staleAuthorities };
    },
    reload: async (name) => {
      reloads.push(name);
    },
    pause: async () => {
      pauses++;
    },
    isSeen: () => pauses >= 5,
    progress: (line) => said.push(line),
  });
  return { reloads, said, pauses };
}

const never = 99;

test("nobody is asked while every link is up", async () => {
  expect(await deployed({ hub: 0, edge: 0 })).toEqual({ reloads: [], said: [], pauses: 0 });
});

test("nor who has read all there is: another reload would not help", async () => {
  expect(await deployed({ hub: never }, false)).toEqual({ reloads: [], said: [], pauses: 0 });
});

test("links that come up with the first reload end it", async () => {
  const { reloads, pauses, said } = await deployed({ hub: 1, edge: 0 });
  expect([reloads, pauses]).toEqual([["hub", "edge"], 1]);
  expect(said).toEqual(["hub: leaf node: not up; reloading the servers of hub, edge"]);
});

test.each([2, never])(
  "links that need %d are asked for twice, with all pauses in between and none afterwards",
  async (up) => {
    const { reloads, pauses } = await deployed({ hub: up });
    expect([reloads, pauses]).toEqual([["hub", "hub"], 5]);
  },
);

test("a cluster that is never reached holds up nobody else, and is never asked", async () => {
  const { reloads, said } = await deployed({ lost: never, hub: 1 }, true, { lost: never });
  expect(reloads).toEqual(["hub"]);
  expect(said.filter((line) => line === "lost: no route")).toHaveLength(2);
});

test("one that is reached at the second time takes part", async () => {
  expect((await deployed({ hub: 1 }, true, { hub: 1 })).reloads).toEqual(["hub"]);
});
