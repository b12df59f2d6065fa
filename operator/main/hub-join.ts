import { readFile } from 'node:fs/promises';
import type { IOMember } from '../../crds/schema/index.ts';
import { memberSigner } from '../adapters/x509/member-signer.ts';
import { memberKeys } from '../adapters/x509/request.ts';
import { ConfigError, type HubConfig } from '../config.ts';
import { invitationLabel } from '../domain/member/invitation.ts';
import { kubernetesSigner, ownSigner } from '../domain/member/join.ts';
import type { MemberSigner } from '../ports/member-keys.ts';
import type { Heartbeats } from '../reconcilers/heartbeats.ts';
import {
  invitationResource,
  ioJoinController,
  memberInvitationIndex,
} from '../reconcilers/io-join/index.ts';
import {
  JoinBook,
  memberRequestIndex,
  membersOfRequest,
  requestLabel,
  smallRequest,
} from '../reconcilers/join-book.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Controller } from '../runtime/controller.ts';
import { Informer } from '../runtime/informer.ts';
import type { Logger } from '../runtime/logger.ts';
import type { RuntimeMetrics } from '../runtime/metrics.ts';
import { signingRequestResource } from '../runtime/signing-request.ts';

/** How agents get their certificates from this hub. */
export type HubJoining = Readonly<{
  book: JoinBook;
  controller: Controller;
  /** Lets a controller of IOMembers hear of requests, and gives it back. */
  toldTo: (members: Controller) => Controller;
}>;

type Flags = Pick<
  HubConfig,
  'member-ca-cert-file' | 'member-ca-key-file' | 'member-certificate-hours'
>;

/** Throws ConfigError. */
export function openJoining(
  config: Flags,
  shared: Readonly<{
    client: ApiClient;
    members: Informer<IOMember>;
    heard: Heartbeats;
    clock: Clock;
    metrics: RuntimeMetrics;
    logger: Logger;
  }>,
): HubJoining {
  const { client, members, metrics, logger } = shared;
  const signer = signerOf(config);
  const requests = new Informer({
    ...{ client, metrics, logger, resource: signingRequestResource },
    labelSelector: requestLabel,
    transform: smallRequest,
    indexes: memberRequestIndex,
  });
  const invitations = new Informer({
    ...{ client, metrics, logger, resource: invitationResource },
    labelSelector: `${invitationLabel}=true`,
    indexes: memberInvitationIndex,
  });
  const signers = [kubernetesSigner, ...(signer === undefined ? [] : [ownSigner])];
  const rules = { signers, maximumSeconds: config['member-certificate-hours'] * 3600 };
  const book = new JoinBook({ requests, members, keys: memberKeys, rules });
  return {
    book,
    controller: ioJoinController({ ...shared, requests, invitations, book, signer }),
    toldTo: (controller) => controller.watch(requests, membersOfRequest),
  };
}

/** Undefined: the API server's own signer signs. The files are read anew each time. */
function signerOf(config: Flags): MemberSigner | undefined {
  const [certificate, key] = [config['member-ca-cert-file'], config['member-ca-key-file']];
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) {
    throw new ConfigError(
      'io-operator hub: --member-ca-cert-file and --member-ca-key-file belong together',
    );
  }
  return memberSigner(async () => ({
    certificatePem: await readFile(certificate, 'utf8'),
    keyPem: await readFile(key, 'utf8'),
  }));
}
