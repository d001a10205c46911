export interface ReleaseInstructed {
  readonly instructionId: string;
  readonly accountId: string;
  readonly lines: readonly ReleaseLine[];
}

export interface ReleaseLine {
  readonly contractId: string;
  readonly amountFen: number;
}
