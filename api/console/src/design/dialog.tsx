import { useState, type ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { Button } from './button.tsx';
import { TextField } from './fields.tsx';
import './dialog.css';

type DialogProps = Readonly<{
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  actions?: ReactNode;
  size?: 's' | 'm' | 'l' | undefined;
  /** Whether only one of its buttons closes it. */
  isDismissable?: boolean | undefined;
}>;

/** A question or a task in front of the page; Escape closes it and gives the focus back. */
export function Dialog(props: DialogProps) {
  const { title, isOpen, onClose, children, actions, size = 'm', isDismissable = true } = props;
  return (
    <ModalOverlay
      className="dialog-overlay"
      isOpen={isOpen}
      isDismissable={isDismissable}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={`dialog dialog-${size}`}>
        <AriaDialog className="dialog-inside">
          <Heading slot="title" className="dialog-title">
            <bdi>{title}</bdi>
          </Heading>
          <div className="dialog-body">{children}</div>
          {actions !== undefined && <div className="dialog-actions">{actions}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

type ConfirmProps = Readonly<{
  title: string;
  isOpen: boolean;
  onClose: () => void;
  onConfirm: () => void;
  confirmLabel: string;
  isPending?: boolean | undefined;
  tone?: 'primary' | 'danger' | undefined;
  /** What has to be typed first, where there is no way back. */
  confirmText?: string | undefined;
  children: ReactNode;
}>;

/** Asks before something happens. */
export function ConfirmDialog(props: ConfirmProps) {
  const { title, isOpen, onClose, onConfirm, confirmLabel, confirmText, children } = props;
  const [typed, setTyped] = useState('');
  const [wasOpen, setWasOpen] = useState(isOpen);
  if (wasOpen !== isOpen) {
    // Each time it opens, the name has to be typed anew.
    setWasOpen(isOpen);
    setTyped('');
  }
  const ready = confirmText === undefined || typed === confirmText;
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onClose={onClose}
      size="s"
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            variant={props.tone ?? 'danger'}
            isDisabled={!ready}
            isPending={props.isPending ?? false}
            onPress={onConfirm}
          >
            {confirmLabel}
          </Button>
        </>
      }
    >
      {children}
      {confirmText !== undefined && (
        <TextField label={`Type ${confirmText} to go on`} value={typed} onChange={setTyped} />
      )}
    </Dialog>
  );
}
