import { BACKUP_PERMISSIONS } from "../../../runtime/backup/contract";

test("the backup deletes, empties and changes no stream, and writes into none", () => {
  const { allow } = BACKUP_PERMISSIONS.publish;
  expect(allow.filter((subject) => !subject.startsWith("$JS."))).toEqual([]);
  expect(
    allow.filter((subject) => /STREAM\.(DELETE|PURGE|UPDATE|CREATE|MSG\.DELETE)|^\$JS\.API\.[*>]/.test(subject)),
  ).toEqual([]);
});

test("it hears its own inbox, and no other", () => {
  expect(BACKUP_PERMISSIONS.subscribe.allow).toEqual([expect.stringMatching(/^_INBOX\S*backup\S*\.>$|backup\S*\.>$/i)]);
});
