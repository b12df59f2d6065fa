import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IntakeMetrics } from '../../operator/ports/intake-metrics.ts';
import {
  StoreUnavailableError,
  TooManyDeadLettersError,
} from '../../operator/ports/store-errors.ts';
import { errorFields, type Logger } from '../../operator/runtime/logger.ts';
import { Problem, sendProblem } from '../problem.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const retryRefusedSeconds = 60;

/** Every refusal of this server is problem+json, also those that the framework makes itself. */
export function addProblems(
  server: FastifyInstance,
  { logger, metrics }: { logger: Logger; metrics: IntakeMetrics },
): void {
  const refuse = (request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply => {
    metrics.refused(problem.reason);
    // What is left of a refused body is not read; the connection cannot carry another request.
    if (!request.raw.complete) reply.header('connection', 'close');
    return sendProblem(reply, problem);
  };
  server.setErrorHandler((error: FastifyError | Problem, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      const route = request.routeOptions.url ?? 'unknown';
      logger.warn({ route, reason: problem.reason, ...errorFields(error) }, 'request failed');
    }
    return refuse(request, reply, problem);
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const allowed = methods.filter((method) => server.hasRoute({ method, url: path }));
    if (allowed.length === 0) {
      return refuse(request, reply, new Problem(404, 'NotFound', 'there is nothing at this path'));
    }
    reply.header('allow', allowed.join(', '));
    const text = `${path} takes ${allowed.join(', ')}`;
    return refuse(request, reply, new Problem(405, 'MethodNotAllowed', text));
  });
}

function problemOf(error: FastifyError | Problem | Error): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreUnavailableError) {
    const text = 'the store does not answer; nothing is lost, send it again';
    const { retryAfterSeconds } = error;
    return new Problem(503, 'StoreUnavailable', text, { retryAfterSeconds });
  }
  if (error instanceof TooManyDeadLettersError) {
    const text = 'too many changes of this member were refused; an operator has to look at them';
    const details = { retryAfterSeconds: retryRefusedSeconds };
    return new Problem(429, 'TooManyDeadLetters', text, details);
  }
  return 'code' in error ? frameworkProblem(error) : internal();
}

function frameworkProblem({ code, statusCode }: FastifyError): Problem {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem(413, 'BodyTooLarge', 'the body is too large; send fewer changes at once');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem(415, 'UnsupportedMediaType', 'send application/json, not compressed');
    default:
      return statusCode !== undefined && statusCode >= 400 && statusCode < 500
        ? new Problem(400, 'Malformed', 'the body is no JSON object, or was cut off')
        : internal();
  }
}

const internal = (): Problem =>
  new Problem(500, 'Internal', 'the server failed; the request may be sent again');
