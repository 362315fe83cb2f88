// Agreements with other jurisdictions as the API tells them.
export interface Signed {
  by: string;
  at: string;
}

export interface OtherJurisdiction {
  id: string;
  name: string;
}

export interface Agreement {
  id: string;
  with: OtherJurisdiction;
  state: 'proposed' | 'in_force' | 'ended';
  waits_for_us: boolean;
  note: string;
  proposed_here: boolean;
  proposed: Signed;
  confirmed: Signed | null;
  ended_here: boolean | null;
  ended: Signed | null;
}

export interface Agreements {
  items: Agreement[];
  others: OtherJurisdiction[];
}
