import { z } from 'zod';
import { accessOf } from '../auth/access.ts';
import { notFound } from '../auth/authority.ts';
import type { AddRoutes } from '../context.ts';
import { fromHub } from '../hub-problems.ts';
import { listName, pageBody, pageRequest } from '../paging.ts';
import { accountKey, instant, pageOf, pageQuery, problems } from '../schemas/common.ts';
import { memberView } from '../schemas/private.ts';
import { mayList, maySee } from '../supplier-access.ts';

const tags = ['Members'];

const nameText = 'lower-case letters, digits and dashes, at most 53, as the name of a data centre';
const memberName = z.string(nameText).regex(/^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/, nameText);

const invitation = z
  .object({
    helmCommand: z.string().meta({
      description: 'What the data centre runs, with the token of the invitation in it.',
    }),
    expiresAt: instant,
  })
  .meta({ id: 'Invitation' });

/** Data centres, for those who run them. */
export const addMemberRoutes: AddRoutes = (server, context) => {
  const { views } = context.ports;

  server.get(
    '/members',
    {
      config: { access: 'checked' },
      schema: {
        tags,
        summary: 'Members that earn for an account, or all',
        querystring: pageQuery.extend({ account: accountKey.optional() }),
        response: { 200: pageOf(memberView), ...problems(400, 401, 403, 404, 503) },
      },
    },
    async (request) => {
      const { limit, cursor, account } = request.query;
      await mayList(accessOf(request), 'iomembers', { account });
      const list = listName('members', { account });
      return pageBody(list, await views.members({ account }, pageRequest(list, { limit, cursor })));
    },
  );

  server.get(
    '/members/:name',
    {
      config: { access: 'checked' },
      schema: {
        tags,
        summary: 'A member',
        params: z.strictObject({ name: memberName }),
        response: { 200: memberView, ...problems(401, 404, 503) },
      },
    },
    async (request) => {
      const { name } = request.params;
      const right = { verb: 'get', resource: 'iomembers', name } as const;
      const found = await views.member(name);
      const maySeeIt = await maySee(accessOf(request), right, found?.account);
      if (!maySeeIt || found === undefined) throw notFound(right);
      return found;
    },
  );

  addInvitations(server, context);
};

/** The command holds the token only in what it reads, not among its arguments. */
const addInvitations: AddRoutes = (server, { ports }) => {
  const { invitations } = ports;
  if (invitations === undefined) return;
  server.post(
    '/members/invitations',
    {
      config: { access: 'checked', idempotent: true },
      schema: {
        tags,
        summary: 'Invite a data centre',
        description: 'An earlier invitation of the same name ends.',
        body: z.strictObject({ name: memberName }, 'the name of a data centre'),
        response: { 200: invitation, ...problems(400, 401, 403, 404, 409, 503) },
      },
    },
    async (request) => {
      const { name } = request.body;
      await accessOf(request).authorize({ verb: 'create', resource: 'iomembers' });
      const { values, expiresAt } = await fromHub(() => invitations.invite(name));
      return { helmCommand: helmCommand(values), expiresAt };
    },
  );
};

const helmCommand = (values: string): string =>
  [
    'helm install io-member charts/io-member --namespace io-member --create-namespace \\',
    "  --values mine.yaml --values - <<'END_OF_VALUES'",
    values.trimEnd(),
    'END_OF_VALUES',
    '',
  ].join('\n');
