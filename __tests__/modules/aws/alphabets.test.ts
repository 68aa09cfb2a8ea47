import { join } from "node:path";
import { type Block, contextOf, projectWithCode, type Stack, synthesized, variants } from "../../support/stacks";

/** What AWS takes in texts that Terraform sends on unseen. From AWS's documentation of each field. */
const alphabets: readonly { type: RegExp; attribute: string; allowed: RegExp }[] = [
  { type: /^aws_(vpc_)?security_group/, attribute: "description", allowed: /^[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/ },
  { type: /^aws_iam_/, attribute: "description", allowed: /^[\t\n\r\x20-\x7e\xa1-\xff]{1,1000}$/ },
  { type: /^aws_cloudwatch_event_rule$/, attribute: "name", allowed: /^[.\w-]{1,64}$/ },
  { type: /^aws_cloudwatch_event_rule$/, attribute: "description", allowed: /^.{1,512}$/s },
  { type: /^aws_lambda_function$/, attribute: "description", allowed: /^.{1,256}$/s },
  { type: /^aws_cloudwatch_metric_alarm$/, attribute: "alarm_description", allowed: /^.{1,1024}$/s },
  { type: /^aws_secretsmanager_secret$/, attribute: "name", allowed: /^[\w/+=.@-]{1,512}$/ },
  { type: /^aws_ecs_(cluster|service)$/, attribute: "name", allowed: /^[\w-]{1,255}$/ },
  { type: /^aws_ecs_task_definition$/, attribute: "family", allowed: /^[\w-]{1,255}$/ },
];
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u;

const root = projectWithCode();
let stacks: Stack[];
beforeAll(async () => {
  const contexts = [await contextOf("demo", root), ...(await variants(root))];
  stacks = Object.values(synthesized(contexts, join(root, "out")));
});

/** What a reference becomes is as good as the name that it refers to. */
const plain = (text: unknown) => String(text).replace(/\$\{[^}]+\}/g, "x");
const blocks = (): [string, string, Block][] =>
  stacks.flatMap(({ resource }) =>
    Object.entries(resource).flatMap(([type, named]) =>
      Object.entries(named).map(([name, block]): [string, string, Block] => [type, `${type}.${name}`, block]),
    ),
  );

test("AWS takes every name and description", () => {
  const refused = blocks().flatMap(([type, place, block]) =>
    alphabets
      .filter((one) => one.type.test(type) && block[one.attribute] !== undefined)
      .filter(({ attribute, allowed }) => !allowed.test(plain(block[attribute])))
      .map(({ attribute }) => [place, attribute, block[attribute]]),
  );
  expect(refused).toEqual([]);
});

test("every text of the list is there to be looked at", () => {
  const unseen = alphabets.filter(
    ({ type, attribute }) => !blocks().some(([found, , block]) => type.test(found) && block[attribute] !== undefined),
  );
  expect(unseen).toEqual([]);
});

test("AWS takes every tag", () => {
  const tags = blocks().flatMap(([, place, { tags = {} }]) =>
    Object.entries(tags as object).map((tag) => [place, tag]),
  );
  expect(tags.length).toBeGreaterThan(10);
  expect(tags.filter(([, tag]) => (tag as unknown[]).some((text) => !tagText.test(plain(text))))).toEqual([]);
});
