import { buildProgram } from "../../cli/program";

const all = buildProgram().commands.map((command) => command.name());

test.each(all)("%s is there when it is called, without the modules of all the others", (name) => {
  const loaded = buildProgram(name).commands.map((command) => command.name());
  expect(loaded).toContain(name);
  expect(loaded.length).toBeLessThan(all.length / 2);
});

test("whoever calls what is not there can be told what is", () => {
  expect(buildProgram("tpology").commands.map((command) => command.name())).toEqual(all);
});
