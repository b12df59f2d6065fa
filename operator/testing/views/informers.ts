import {
  ioAccountResource,
  ioClusterResource,
  ioDeviceResource,
  ioMemberResource,
  ioSlashCaseResource,
} from '../../../crds/schema/index.ts';
import type { ViewInformers } from '../../reconcilers/views/sources.ts';
import { priorityClassResource } from '../../runtime/priority-class.ts';
import { FakeInformer } from '../fake-informer.ts';

/** What views are made from, fed by hand; empty, and with the indexes of the hub's informers. */
export function viewInformers() {
  return {
    accounts: new FakeInformer(ioAccountResource),
    members: new FakeInformer(ioMemberResource),
    clusters: new FakeInformer(ioClusterResource, {
      member: ({ status }) => (status?.lease === undefined ? [] : [status.lease.member]),
      priorityClass: ({ spec }) =>
        spec.priorityClassName === undefined ? [] : [spec.priorityClassName],
    }),
    slashCases: new FakeInformer(ioSlashCaseResource),
    devices: new FakeInformer(ioDeviceResource, {
      namespace: ({ metadata }) => [metadata.namespace ?? ''],
    }),
    priorityClasses: new FakeInformer(priorityClassResource),
  } satisfies ViewInformers;
}
