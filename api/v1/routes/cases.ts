import { z } from 'zod';
import { accessOf } from '../auth/access.ts';
import { notFound, ofMember } from '../auth/authority.ts';
import type { AddRoutes } from '../context.ts';
import { listName, pageBody, pageRequest } from '../paging.ts';
import {
  accountKey,
  namespaceName,
  objectName,
  pageOf,
  pageQuery,
  problems,
} from '../schemas/common.ts';
import { caseView } from '../schemas/private.ts';
import { mayList, maySee } from '../supplier-access.ts';

const tags = ['Cases'];

/** IOSlashCases, for those whose stake they are about. */
export const addCaseRoutes: AddRoutes = (server, { ports }) => {
  const { views } = ports;

  server.get(
    '/cases',
    {
      config: { access: 'checked' },
      schema: {
        tags,
        summary: 'Cases against devices of an account, of a member, or all',
        querystring: pageQuery.extend({
          account: accountKey.optional(),
          member: namespaceName.optional(),
        }),
        response: { 200: pageOf(caseView), ...problems(400, 401, 403, 404, 503) },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query;
      await mayList(accessOf(request), 'ioslashcases', filter);
      const list = listName('cases', filter);
      return pageBody(list, await views.cases(filter, pageRequest(list, { limit, cursor })));
    },
  );

  server.get(
    '/cases/:member/:name',
    {
      config: { access: 'checked' },
      schema: {
        tags,
        summary: 'A case',
        params: z.strictObject({ member: namespaceName, name: objectName }),
        response: { 200: caseView, ...problems(401, 404, 503) },
      },
    },
    async (request) => {
      const { member, name } = request.params;
      const right = ofMember('get', 'ioslashcases', member, name);
      const found = await views.case(member, name);
      const maySeeIt = await maySee(accessOf(request), right, found?.account);
      if (!maySeeIt || found === undefined) throw notFound(right);
      return found;
    },
  );
};
