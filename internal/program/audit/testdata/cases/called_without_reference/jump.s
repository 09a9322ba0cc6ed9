TEXT ·jump(SB), 4, $0-0 // 4 is NOSPLIT
	JMP ·get(SB)
